package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/gonst/workbench/experiments/report"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/spf13/cobra"
)

// defaultAddress is where serve listens by default: on this machine only.
const defaultAddress = "127.0.0.1:8788"

func newServe() *cobra.Command {
	var address string
	var hosts []string
	cmd := &cobra.Command{
		Use:   "serve [DIR]",
		Short: "Serve the page of experiments live while they run",
		Long: `Serves the page of an experiment to a browser: curves, pictures and table
change in place while a sweep runs. For a directory with several experiments
(default: results) it shows a list of them, and a page for each.

It listens only on this machine unless --addr is set. With --addr, everybody
who can reach the address can see the files that the pages show. It only reads,
serves only what a page shows, and answers only to the host names localhost,
this machine's name and those given with --host.`,
		Example: `  nst serve
  nst serve results/quickstart
  nst serve results --addr 0.0.0.0:8788 --host lab.example.org`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("%s requires one directory, found %d; `%s --help` shows examples", cmd.CommandPath(), len(args), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "results"
			if len(args) > 0 {
				dir = args[0]
			}
			return serve(cmd, dir, address, hosts)
		},
	}
	cmd.Flags().StringVar(&address, "addr", defaultAddress, "`HOST:PORT` to listen on; port 0 chooses a free port")
	cmd.Flags().StringArrayVar(&hosts, "host", nil, "host `NAME` of this machine that browsers may use; may be repeated")
	return cmd
}

func serve(cmd *cobra.Command, dir, address string, hosts []string) error {
	return listen(cmd, address, hosts, dir, func(hosts []string) (http.Handler, error) { return report.Handler(dir, hosts...) })
}

// listen serves what handler returns for the host names of this machine, until the command
// ends.
func listen(cmd *cobra.Command, address string, hosts []string, dir string, handler func(hosts []string) (http.Handler, error)) error {
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return usage(prefix.Errorf("", "--addr: %w: must be HOST:PORT, such as %s", err, defaultAddress))
	}
	answer, err := handler(append(hosts, name))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) && !cmd.Flags().Changed("addr") {
		l, err = net.Listen("tcp", "127.0.0.1:0") // another one of this program, most likely
	}
	if err != nil {
		return err
	}
	at := l.Addr().(*net.TCPAddr)
	host := at.IP.String()
	if at.IP.IsUnspecified() {
		host = "localhost"
	}
	fmt.Fprintf(cmd.OutOrStdout(), "serving http://%s/ (stop with Ctrl-C)\n", net.JoinHostPort(host, fmt.Sprint(at.Port)))
	if !at.IP.IsLoopback() {
		fmt.Fprintf(cmd.ErrOrStderr(), "nst: warning: everybody who can reach %s can see the results in %s\n", at, dir)
	}
	ctx := cmd.Context()
	s := &http.Server{
		Handler: answer, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }, // ends the streams
	}
	go func() {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if s.Shutdown(end) != nil {
			s.Close()
		}
	}()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
