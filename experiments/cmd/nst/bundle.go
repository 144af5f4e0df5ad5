package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gonst/workbench/experiments/bundle"
	"github.com/spf13/cobra"
)

func newBundle() *cobra.Command {
	var to string
	var o bundle.Options
	cmd := &cobra.Command{
		Use:   "bundle RUN",
		Short: "Pack a run to send to a colleague",
		Long: `Packs a run's directory, the pictures that went in, and its configuration with paths
that fit into one zip file. Unpacked anywhere, "nst sweep config.toml" makes the run
again. Weights are named with their digests; --weights packs them too.

The file is whole or not there, and never written over another one. The same run
gives the same bytes.`,
		Example: `  nst bundle results/quickstart/RUN
  nst bundle results/quickstart/RUN --to colleague.zip`,
		Args: exactArgs(1, "a run's directory, such as results/quickstart/style.weight=light_style=waves-38e09c46"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				absolute, err := filepath.Abs(args[0])
				if err != nil {
					return usage(err)
				}
				to = filepath.Base(absolute) + ".zip"
			}
			b, err := bundle.Write(args[0], to, o)
			if err != nil {
				return usage(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s (%s)\n", b.Path, size(uint64(b.Bytes)))
			if len(b.Missing) > 0 {
				fmt.Fprintf(cmd.OutOrStdout(), "without %s, which README.txt in it tells of; --weights packs them too\n", strings.Join(b.Missing, ", "))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the zip `FILE` (default: the run's name, here)")
	cmd.Flags().BoolVar(&o.Weights, "weights", false, "pack the files of weights too")
	return cmd
}
