package cmd

import (
	"fmt"

	"github.com/gonst/workbench/experiments/export"
	"github.com/spf13/cobra"
)

func exportWandB() *cobra.Command {
	var to, project string
	var tags []string
	cmd := &cobra.Command{
		Use:   "wandb DIR… --to DIR",
		Short: "Write offline runs of Weights & Biases",
		Long: `Writes each run that has begun as an offline run of Weights & Biases: losses, layers
and yardsticks over the steps, pictures, the configuration, measures in the summary,
tags, notes and files. Nothing is sent; wandb's own program does that, and shows them without a
server:

  cd DIR && wandb sync     sends the runs to the server that wandb login chose
  wandb leet DIR/wandb     shows them in the terminal

A second export replaces only runs that have changed, which wandb sync then sends
again.`,
		Example: `  nst export wandb results/quickstart --to wandb-runs
  nst export wandb results/*/ --to wandb-runs --project all`,
		Args: minimumArgs(1, "a directory of an experiment, such as results/quickstart"),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if to == "" {
				return usage(needsTo(cmd, "a directory to write to"))
			}
			runs, err := tagged(cmd, dirs, tags)
			if err != nil {
				return err
			}
			written, err := export.WriteWandB(to, project, runs)
			for _, w := range written {
				fmt.Fprintln(cmd.OutOrStdout(), w)
			}
			if err == nil && len(written) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), to+": already up to date")
			}
			return err
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "`DIR` to write to; created if missing")
	tagFlag(cmd, &tags)
	cmd.Flags().StringVar(&project, "project", "", "`NAME` of the project (default: each experiment's own name)")
	return cmd
}
