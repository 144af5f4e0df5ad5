package cmd

import (
	"cmp"
	"fmt"
	"os"

	"github.com/gonst/workbench/experiments/export"
	"github.com/spf13/cobra"
)

func exportMLflow() *cobra.Command {
	var to, experiment string
	var tags []string
	cmd := &cobra.Command{
		Use:   "mlflow DIR… --to URL",
		Short: "Send runs to an MLflow server",
		Long: `Sends runs to an MLflow tracking server over its REST interface: configurations as
params; losses, layers, yardsticks and measures as metrics over the steps; and, if
the server proxies artifacts, pictures and files. The default of --to is
$MLFLOW_TRACKING_URI.

A second export sends only what is new: the tag nst_id of a run is its identity. You
can repeat the command during a sweep or after a failure.

It authenticates like MLflow's own clients: with MLFLOW_TRACKING_USERNAME and
MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN. It tries requests that fail
temporarily up to five times.`,
		Example: `  nst export mlflow results/quickstart --to http://localhost:5000
  nst export mlflow results/*/ --to http://localhost:5000 --experiment all`,
		Args: minimumArgs(1, "a directory of an experiment, such as results/quickstart"),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if to = cmp.Or(to, os.Getenv("MLFLOW_TRACKING_URI")); to == "" {
				return usage(needsTo(cmd, "the URL of an MLflow server"))
			}
			runs, err := tagged(cmd, dirs, tags)
			if err != nil {
				return err
			}
			m := export.MLflow{Address: to, Experiment: experiment, Env: os.Getenv,
				Say: func(line string) { fmt.Fprintln(cmd.OutOrStdout(), line) }}
			err = m.Send(cmd.Context(), runs)
			switch {
			case cmd.Context().Err() != nil:
				fmt.Fprintln(cmd.OutOrStdout(), "stopped; the same command sends the rest")
				return &statusError{code: exitInterrupted}
			case err != nil:
				return err
			}
			return nil
		},
	}
	tagFlag(cmd, &tags)
	cmd.Flags().StringVar(&to, "to", "", "the server's `URL`, such as http://localhost:5000")
	cmd.Flags().StringVar(&experiment, "experiment", "", "`NAME` of the experiment on the server (default: each experiment's own name)")
	return cmd
}
