package main

import (
	"errors"
	"fmt"

	"github.com/gonst/workbench/experiments/export"
	"github.com/spf13/cobra"
)

func newExport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Hand results to other programs: tables, TensorBoard, MLflow",
		Long: `Writes what experiments' directories hold in the forms that other programs read.
Runs that are not done are exported as far as they are; the directories themselves
are not touched.`,
		Example: `  nst export jsonl results/quickstart --to quickstart-tables`,
	}
	cmd.AddCommand(exportTables(export.CSV, "CSV", `  nst export csv results/quickstart --to tables
  nst export csv results/*/ --to tables --force`), exportTables(export.JSONL, "JSON Lines", `  nst export jsonl results/quickstart --to lines`), exportTensorBoard(), exportMLflow())
	return cmd
}

func exportTables(f export.Format, name, examples string) *cobra.Command {
	var to string
	var force bool
	cmd := &cobra.Command{
		Use:   string(f) + " DIR… --to DIR",
		Short: "Write tables as " + name + ", for pandas, R, DVC and spreadsheets",
		Long: `Writes four tables and a file for DVC into a directory:

  runs        a row a run: its configuration, last values, measures, how soon it
              came within 5 % of its last total (speed.*)
  curves      a row a logged step: every loss, layer and yardstick a column
  long        the same with a row a value: columns series and value
  measures    a row a measure: value, unit, which direction is better
  metrics.json    the numbers of each run, for dvc metrics

What is not known is empty in CSV and null in JSON Lines; a value that was not finite
is NaN, inf or -inf in CSV and null in JSON Lines.

  pandas.read_csv("tables/long.csv")    pandas.read_json("lines/long.jsonl", lines=True)
  read.csv("tables/long.csv")           dvc plots show tables/curves.csv -x step -y total`,
		Example: examples,
		Args:    minimumArgs(1, "a directory of an experiment, such as results/quickstart"),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if to == "" {
				return usage(needsTo(cmd, "a directory to write to"))
			}
			runs, err := exported(cmd, dirs)
			if err != nil {
				return err
			}
			files, err := export.WriteTables(to, f, runs, force)
			if errors.Is(err, export.ErrExists) {
				return usage(fmt.Errorf("%w; --force writes over it", err))
			}
			if err != nil {
				return &statusError{exitFailed, err}
			}
			for _, f := range files {
				fmt.Fprintln(cmd.OutOrStdout(), f)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the `DIR` to write to; made if need be")
	cmd.Flags().BoolVar(&force, "force", false, "write over files that are there")
	return cmd
}

// exported opens what is to be exported and tells of what was odd about it.
func exported(cmd *cobra.Command, dirs []string) ([]export.Run, error) {
	runs, warnings, err := export.Open(dirs...)
	if err != nil {
		return nil, usage(err)
	}
	for _, w := range warnings {
		fmt.Fprintln(cmd.ErrOrStderr(), "nst: warning:", w)
	}
	return runs, nil
}

func needsTo(cmd *cobra.Command, what string) error {
	return fmt.Errorf("%s wants %s: --to; `%s --help` shows examples", cmd.CommandPath(), what, cmd.CommandPath())
}
