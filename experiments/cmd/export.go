package cmd

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/gonst/workbench/experiments/export"
	"github.com/spf13/cobra"
)

func newExport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Export results to other programs: tables, TensorBoard, MLflow, W&B",
		Long: `Writes the contents of experiments' directories in formats that other programs read.
Unfinished runs are exported up to their current state. The directories themselves
are not changed.`,
		Example: `  nst export jsonl results/quickstart --to quickstart-tables`,
	}
	cmd.AddCommand(exportTables(export.CSV, "CSV", `  nst export csv results/quickstart --to tables
  nst export csv results/*/ --to tables --force`), exportTables(export.JSONL, "JSON Lines", `  nst export jsonl results/quickstart --to lines`), exportTensorBoard(), exportMLflow(), exportWandB())
	return cmd
}

func exportTables(f export.Format, name, examples string) *cobra.Command {
	var to string
	var force bool
	var tags []string
	cmd := &cobra.Command{
		Use:   string(f) + " DIR… --to DIR",
		Short: "Write tables as " + name + ", for pandas, R, DVC and spreadsheets",
		Long: `Writes four tables and a file for DVC into a directory:

  runs        one row for each run: its configuration, last values, measures, and how
              soon it came within 5 % of its last total (near.*)
  curves      one row for each logged step, one column for each loss, layer and yardstick
  long        the same with one row for each value: columns series and value
  measures    one row for each measure: value, unit, and which direction is better
  metrics.json    the numbers of each run, for dvc metrics

Unknown values are empty in CSV and null in JSON Lines. Values that are not finite
are NaN, inf or -inf in CSV and null in JSON Lines.

  pandas.read_csv("tables/long.csv")    pandas.read_json("lines/long.jsonl", lines=True)
  read.csv("tables/long.csv")           dvc plots show tables/curves.csv -x step -y total`,
		Example: examples,
		Args:    minimumArgs(1, "a directory of an experiment, such as results/quickstart"),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if to == "" {
				return usage(needsTo(cmd, "a directory to write to"))
			}
			runs, err := tagged(cmd, dirs, tags)
			if err != nil {
				return err
			}
			files, err := export.WriteTables(to, f, runs, force)
			if errors.Is(err, export.ErrExists) {
				return fmt.Errorf("%w; --force overwrites it", err)
			}
			if err != nil {
				return err
			}
			for _, f := range files {
				fmt.Fprintln(cmd.OutOrStdout(), f)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "`DIR` to write to; created if missing")
	tagFlag(cmd, &tags)
	cmd.Flags().BoolVar(&force, "force", false, "overwrite existing files")
	return cmd
}

// exported opens the experiments to export and prints warnings about them.
func exported(cmd *cobra.Command, dirs []string) ([]export.Run, error) {
	runs, warnings, err := export.Open(once(cmd, dirs)...)
	if err != nil {
		return nil, err
	}
	for _, w := range warnings {
		fmt.Fprintln(cmd.ErrOrStderr(), "nst: warning:", w)
	}
	return runs, nil
}

// once leaves out directories that were named before, also by another name.
func once(cmd *cobra.Command, dirs []string) []string {
	var kept []string
	var seen []os.FileInfo
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if err == nil && slices.ContainsFunc(seen, func(other os.FileInfo) bool { return os.SameFile(info, other) }) {
			fmt.Fprintf(cmd.ErrOrStderr(), "nst: warning: %s is named twice, and counts once\n", dir)
			continue
		}
		if err == nil {
			seen = append(seen, info)
		}
		kept = append(kept, dir)
	}
	return kept
}

func needsTo(cmd *cobra.Command, what string) error {
	return fmt.Errorf("%s requires %s: --to; `%s --help` shows examples", cmd.CommandPath(), what, cmd.CommandPath())
}
