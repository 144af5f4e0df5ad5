package cmd

import (
	"fmt"
	"path/filepath"

	"github.com/gonst/workbench/experiments/report"
	"github.com/gonst/workbench/experiments/result"
	"github.com/spf13/cobra"
)

func newReport() *cobra.Command {
	return &cobra.Command{
		Use:   "report DIR…",
		Short: "Write the page of result directories again",
		Long: `Writes index.html, summary.csv and the plots of one or more experiments again,
using only the files in their directories.`,
		Example: `  nst report results/quickstart
  nst report results/*/`,
		Args: minimumArgs(1, "a directory of an experiment, such as results/quickstart"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, dir := range args {
				if err := report.Write(dir); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "Report: %s\n", filepath.Join(dir, result.IndexFile))
			}
			return nil
		},
	}
}
