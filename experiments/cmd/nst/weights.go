package main

import (
	"cmp"
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
		Long: `The default network needs no weights. For VGG's own, fetch a file of the catalogue
and name it in a configuration: [network] name = "vgg19", weights = "vgg19-keras".
Presets do so already.`,
		Example: `  nst weights list`,
	}
	cmd.AddCommand(weightsList(), weightsFetch(), weightsCheck(), weightsConvert())
	return cmd
}

func weightsList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the published files that fetch knows",
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
		Short: "Fetch a published file; a broken download is continued",
		Long: `Fetches a file of the catalogue into weights/ or the first directory of
$NST_WEIGHTS; where a server sends parts of a safetensors file, only the
convolutions. It gets its name when its size and digest are right, the filters can
be found in it, and the forward checksum agrees: a drawn picture's first responses
are those that these weights are known to give. Behind a firewall, take it from a
file or another address: --from.`,
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
			path, err := fetch.Get(cmd.Context(), e, fetch.Options{Dir: dir, From: from, Progress: progress, Accept: known(e)})
			done()
			if err != nil {
				return &statusError{exitFailed, fetchHint(err, e, from)}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n%s (%s)\nin a configuration: [network] name = %q, weights = %q\n",
				path, e.Attribution, e.License, e.Network, e.Name)
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "take it from this file or address")
	cmd.Flags().StringVar(&dir, "dir", "", "put it into this directory")
	return cmd
}

// fetchHint adds to why a file is not there what to do about it.
func fetchHint(err error, e weights.Entry, from string) error {
	var unreachable *fetch.UnreachableError
	switch {
	case errors.As(err, &unreachable):
		return fmt.Errorf("%w\nwithout a network, bring %s here otherwise, and type\n  nst weights fetch %s --from %s", err, e.File, e.Name, e.File)
	case errors.Is(err, fetch.ErrStopped):
		return fmt.Errorf("%w; the same command continues", err)
	case errors.Is(err, weights.ErrDigest) && from != "":
		return fmt.Errorf("%w; other weights need not be fetched: `nst weights check %s` says what they are", err, from)
	}
	return err
}

// known is the forward checksum of a file that is fetched.
func known(e weights.Entry) func(path string) error {
	return func(path string) error {
		c, err := weights.Open(path)
		if err != nil {
			return err
		}
		defer c.Close()
		r, err := nst.Recognize(e.Network, c)
		switch {
		case err != nil:
			return err
		case r.Name == e.Known && !r.Reversed && r.Fault == "":
			return nil
		case r.Name == "":
			return errors.New("a drawn picture's responses are not those that these weights are known to give")
		}
		return fmt.Errorf("these are %s", verdict(r))
	}
}

// verdict says what the forward checksum found.
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

// downloaded shows how far a download is: as a bar on a terminal, elsewhere by a line
// now and then. done ends it.
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
		Short: "Tell what a file of weights holds, and whether it is whole",
		Long: `Reads every convolution of a file: all there, of the right shapes, finite. Then the
forward checksum: a drawn picture goes through the network, and its first responses
are compared with those that published weights are known to give. That tells whose
weights they are, with it which preprocessing they want, and whether colours, rows and
columns are in order. It knows Oxford's VGG-19 (to conv3_4), and of Oxford's VGG-16 and
torchvision's VGG-19 and VGG-16 one to three filters of the first layer. Of any other
file, your own training or vgg19_bn, it can tell nothing.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := weights.Open(args[0])
			if err != nil {
				return usage(err)
			}
			defer c.Close()
			if err := c.Check(); err != nil {
				return usage(err)
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "%s: %s, %s, %d convolutions, all there, of the right shapes and finite\n",
				args[0], c.Format(), c.Network(), len(c.Layers()))
			r, err := nst.Recognize(c.Network(), c)
			switch {
			case err != nil:
				return usage(err)
			case r.Fault != "":
				return usage(fmt.Errorf("%s: %s", args[0], verdict(r)))
			case r.Name == "":
				fmt.Fprintln(out, "not among the weights that the forward checksum knows: which preprocessing they want, it cannot tell")
			default:
				fmt.Fprintf(out, "%s; they want preprocess = %q\n", verdict(r), r.Preprocess)
			}
			return nil
		},
	}
}

func weightsConvert() *cobra.Command {
	return &cobra.Command{
		Use:   "convert IN OUT",
		Short: "Write a file's convolutions as safetensors",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := weights.Convert(args[0], args[1]); err != nil {
				return usage(err)
			}
			fmt.Fprintln(cmd.OutOrStdout(), args[1])
			return nil
		},
	}
}
