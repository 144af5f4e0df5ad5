package cmd

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	worker "github.com/gonst/workbench/experiments/run"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/spf13/cobra"
)

func newWork() *cobra.Command {
	var threads int
	var expect string
	var force bool
	cmd := &cobra.Command{
		Use:   "work DIR RUN",
		Short: "Make one run of a sweep in a process of its own",
		Long: `Makes one run that a sweep has prepared in an experiment's directory. A launcher
starts it, on this machine or on another one that sees the directory and the pictures
under the same paths. An interrupted run resumes from its last checkpoint. A run for
which this machine has not the memory is refused; --force starts it nevertheless.`,
		Args: exactArgs(2, "an experiment's directory and the name of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if threads < 0 {
				return usage(fmt.Errorf("--threads is %d; it must be 0 or more", threads))
			}
			dir, name := args[0], args[1]
			if err := result.CheckName(name); err != nil {
				return usage(err)
			}
			if expect != "" && expect != version() {
				return usage(fmt.Errorf("this is nst %s on %s, and the sweep was started by nst %s: install the same version there", version(), hostname(), expect))
			}
			err := worker.Work(cmd.Context(), dir, name, threads, version(), func(r plan.Run) error {
				if force {
					return nil
				}
				if err := launch.Room([]plan.Run{r}, 1); err != nil { // on one line: launchers show the last
					return usage(errors.New(strings.ReplaceAll(prefix.Text(err), "\n ", "")))
				}
				return nil
			})
			if cmd.Context().Err() != nil {
				return &statusError{code: exitInterrupted}
			}
			if errors.Is(err, worker.ErrPaused) {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: saved at a rung of its search\n", name)
				return nil
			}
			if err != nil {
				return err
			}
			r, err := result.ReadRun(result.RunDir(dir, name))
			if err != nil {
				return err
			}
			if r.Failure != nil {
				return errors.New(prefix.Trim(r.Failure.Error))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: done\n", name)
			return nil
		},
	}
	cmd.Flags().IntVar(&threads, "threads", 0, "threads (default: all cores)")
	cmd.Flags().BoolVar(&force, "force", false, "start even if the memory does not suffice")
	cmd.Flags().StringVar(&expect, "expect", "", "refuse to work if this is not the `VERSION` of nst")
	return cmd
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "this machine"
	}
	return name
}
