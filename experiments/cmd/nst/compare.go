package main

import (
	"fmt"

	"github.com/gonst/workbench/experiments/report"
	"github.com/spf13/cobra"
)

func newCompare() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "compare DIR DIR…",
		Short: "Make one page over several experiments",
		Long: `Makes one page over the runs of several experiments' directories: the same page
as an experiment's own, with the experiment as one more thing that varies, and
every key by which the configurations differ. One file that needs no other.

It goes beside the first directory unless --out says where. Nothing is written
into the experiments' directories.`,
		Example: `  nst compare results/quickstart results/gatys-figure3
  nst compare results/*/ --out all.html`,
		Args: minimumArgs(1, "directories of experiments, such as results/quickstart results/lecture"),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if out == "" {
				out = report.CompareFile(dirs...)
			}
			if err := report.Compare(out, dirs...); err != nil {
				return usage(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "look at %s\n", out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the page's `FILE` (default: compare-NAMES.html beside the first directory)")
	return cmd
}
