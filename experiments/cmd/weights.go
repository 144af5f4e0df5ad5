package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/gonst/workbench/nst"
	"github.com/gonst/workbench/weights"
	"github.com/gonst/workbench/weights/fetch"
	"github.com/spf13/cobra"
)

func newWeights() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "weights",
		Short: "List, fetch, check and convert files of trained weights",
		Long: `The default network needs no weights. For VGG's weights, fetch a file of the catalogue
and name it in a configuration: [network] name = "vgg19", weights = "vgg19-keras".
Presets already name theirs.`,
		Example: `  nst weights list`,
	}
	cmd.AddCommand(weightsList(), weightsFetch(), weightsCheck(), weightsConvert())
	return cmd
}

func weightsList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the published files that fetch can download",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "NAME\tNETWORK\tSIZE\tPREPROCESS\tFILE\tLICENCE")
			for _, e := range weights.Catalogue() {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Name, e.Network, cmp.Or(e.Amount(), "not known"), e.Preprocess, e.File, e.License)
			}
			return t.Flush()
		},
	}
}

func weightsFetch() *cobra.Command {
	var from, dir string
	cmd := &cobra.Command{
		Use:   "fetch NAME",
		Short: "Download a published file, or continue a download",
		Long: `Downloads a file of the catalogue into weights/ or the first directory of
$NST_WEIGHTS. If the server can send parts of a safetensors file, it downloads only
the convolutions. The file gets its name only after these checks: its size and digest
are right, it contains the filters, and the forward checksum agrees (the first
responses to a drawn picture are the known ones of these weights). Behind a firewall,
take it from a file or another URL with --from.`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, e := range weights.Catalogue() {
				names = append(names, e.Name)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := weights.Find(args[0])
			if err != nil {
				return usage(err)
			}
			if dirs := filepath.SplitList(os.Getenv("NST_WEIGHTS")); dir == "" && len(dirs) > 0 {
				dir = dirs[0]
			}
			progress, done := downloaded(cmd.ErrOrStderr())
			path, err := fetch.Get(cmd.Context(), e, fetch.Options{Dir: dir, From: from, Progress: progress, Accept: known(cmd.Context(), e)})
			done()
			if err != nil {
				return fetchHint(err, e, from)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n%s (%s)\nin a configuration: [network] name = %q, weights = %q\n",
				path, e.Attribution, e.License, e.Network, e.Name)
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "take it from this file or URL")
	cmd.Flags().StringVar(&dir, "dir", "", "write it into this directory")
	return cmd
}

// fetchHint adds to an error what the user can do.
func fetchHint(err error, e weights.Entry, from string) error {
	var unreachable *fetch.UnreachableError
	switch {
	case errors.As(err, &unreachable):
		return fmt.Errorf("%w\nwithout a network, copy %s to this machine and run\n  nst weights fetch %s --from %s", err, e.File, e.Name, e.File)
	case errors.Is(err, fetch.ErrStopped):
		return fmt.Errorf("%w; the same command continues", err)
	case errors.Is(err, weights.ErrDigest) && from != "":
		return fmt.Errorf("%w; other weights need no fetch: `nst weights check %s` identifies them", err, from)
	}
	return err
}

// known returns the forward checksum of a fetched file.
func known(ctx context.Context, e weights.Entry) func(path string) error {
	return func(path string) error {
		c, err := weights.Open(path)
		if err != nil {
			return err
		}
		defer c.Close()
		r, err := nst.Recognize(ctx, e.Network, c)
		switch {
		case err != nil:
			return err
		case r.Name == e.Known && !r.Reversed && r.Fault == "":
			return nil
		case r.Name == "":
			return errors.New("the responses to a drawn picture are not the known ones of these weights")
		}
		return fmt.Errorf("these are %s", verdict(r))
	}
}

// verdict describes what the forward checksum found.
func verdict(r nst.Recognition) string {
	text := "the weights of " + r.About
	if r.Reversed {
		text += ", with the colours of the first layer in the other order"
	}
	if r.Fault != "" {
		text += ", but " + r.Fault
	}
	return text
}

// downloaded shows the progress of a download: as a bar on a terminal, otherwise as
// occasional lines. done ends it.
func downloaded(out io.Writer) (progress func(done, total int64), done func()) {
	if isTerminal(out) {
		return downloadBar(out)
	}
	last := time.Now()
	return func(done, total int64) {
		whole := total > 0 && done == total
		if time.Since(last) < 5*time.Second && !whole {
			return
		}
		last = time.Now()
		if total > 0 {
			fmt.Fprintf(out, "%3d %% of %d MB\n", 100*done/total, total/1e6)
		} else {
			fmt.Fprintf(out, "%d MB\n", done/1e6)
		}
	}, func() {}
}

func weightsCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Identify a weight file and check that it is complete",
		Long: `Reads every convolution of a file and checks that all exist, have the right shapes and
are finite. Then it computes the forward checksum: it sends a drawn picture through the
network and compares the first responses with the known ones of published weights. This
identifies the weights and their preprocessing, and detects exchanged colours, rows and
columns. It knows Oxford's VGG-19 (up to conv3_4), and one to three filters of the first
layer of Oxford's VGG-16 and torchvision's VGG-19 and VGG-16. It cannot identify other
files, such as your own training or vgg19_bn.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := weights.Open(args[0])
			if err != nil {
				return err
			}
			defer c.Close()
			if err := c.Check(); err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "%s: %s, %s, %d convolutions, complete, with the right shapes, and finite\n",
				args[0], c.Format(), c.Network(), len(c.Layers()))
			r, err := nst.Recognize(cmd.Context(), c.Network(), c)
			switch {
			case err != nil:
				return err
			case r.Fault != "":
				return fmt.Errorf("%s: %s", args[0], verdict(r))
			case r.Name == "":
				fmt.Fprintln(out, "the forward checksum does not know these weights, so their preprocessing is unknown")
			default:
				fmt.Fprintf(out, "%s; they require preprocess = %q\n", verdict(r), r.Preprocess)
			}
			return nil
		},
	}
}

func weightsConvert() *cobra.Command {
	return &cobra.Command{
		Use:   "convert IN OUT",
		Short: "Write the convolutions of a weight file as safetensors",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := weights.Convert(args[0], args[1]); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), args[1])
			return nil
		},
	}
}
