package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/gonst/workbench/weights"
	"github.com/spf13/cobra"
)

func newWeights() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "weights",
		Short: "List, fetch, check and convert files of trained weights",
		Long: `The default network needs no weights. For VGG's own, fetch a file of the catalogue
and name it in a configuration: [network] name = "vgg19", weights = "FILE".`,
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
				size := "not known"
				if e.Size > 0 {
					size = fmt.Sprintf("%d MB", e.Size/1e6)
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Name, e.Network, size, e.Preprocess, e.File, e.License)
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
$NST_WEIGHTS. It gets its name when its size and digest are right and the filters
can be found in it, never before. Behind a firewall, take it from a file or
another address: --from.`,
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
			path, err := weights.Fetch(cmd.Context(), e, weights.FetchOptions{
				Dir: dir, From: from, Progress: downloaded(cmd.ErrOrStderr()),
			})
			if err != nil {
				return &statusError{exitFailed, err}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n%s (%s)\nin a configuration: [network] name = %q, weights = %q, preprocess = %q\n",
				path, e.Attribution, e.License, e.Network, e.File, e.Preprocess)
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "take it from this file or address")
	cmd.Flags().StringVar(&dir, "dir", "", "put it into this directory")
	return cmd
}

// downloaded writes a line now and then; on a terminal it is the same line.
func downloaded(out io.Writer) func(done, total int64) {
	every, begin, end := 5*time.Second, "", "\n"
	if isTerminal(out) {
		every, begin, end = 200*time.Millisecond, "\r", ""
	}
	last := time.Now()
	return func(done, total int64) {
		whole := total > 0 && done == total
		if time.Since(last) < every && !whole {
			return
		}
		last = time.Now()
		if total > 0 {
			fmt.Fprintf(out, "%s%3d %% of %d MB%s", begin, 100*done/total, total/1e6, end)
		} else {
			fmt.Fprintf(out, "%s%d MB%s", begin, done/1e6, end)
		}
		if whole && begin != "" {
			fmt.Fprintln(out)
		}
	}
}

func weightsCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Tell what a file of weights holds, and whether it is whole",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := weights.OpenConvolutions(args[0])
			if err != nil {
				return usage(err)
			}
			defer c.Close()
			if err := c.Check(); err != nil {
				return usage(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, %s, %d convolutions, all there, of the right shapes and finite\n",
				args[0], c.Format(), c.Network(), len(c.Layers()))
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
