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
	var force bool
	var list string
	var index int
	cmd := &cobra.Command{
		Use:   "work DIR RUN",
		Short: "Make one run of a sweep in a process of its own",
		Long: `Makes one run that a sweep has prepared in an experiment's directory. A launcher
starts it, on this machine or on another one that sees the directory and the pictures
under the same paths. An interrupted run resumes from its last checkpoint. A run for
which this machine has not the memory is refused; --force starts it nevertheless.
With --list and --index the name of the run is a line of a file.`,
		Args: minimumArgs(1, "an experiment's directory and the name of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if threads < 0 {
				return usage(fmt.Errorf("--threads is %d; it must be 0 or more", threads))
			}
			dir, name, err := workOf(args, list, index)
			if err != nil {
				return usage(err)
			}
			err = worker.Work(cmd.Context(), dir, name, threads, version(), func(r plan.Run) error {
				if force {
					return nil
				}
				if err := launch.Room(cmd.Context(), []plan.Run{r}, 1); err != nil { // on one line: launchers show the last
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
			if errors.Is(err, worker.ErrElsewhere) {
				return &statusError{exitAgain, prefix.Errorf("", "%s: %w", name, err)}
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
	cmd.Flags().StringVar(&list, "list", "", "`FILE` with the name of a run in each line")
	cmd.Flags().IntVar(&index, "index", 0, "with --list: number of the line, from 0")
	return cmd
}

// workOf returns the run that the arguments name, or the one in a line of a list.
func workOf(args []string, list string, index int) (dir, name string, err error) {
	if list == "" && len(args) == 2 {
		return args[0], args[1], result.CheckName(args[1])
	}
	if list == "" || len(args) != 1 {
		return "", "", fmt.Errorf("nst work requires DIR RUN, or DIR --list FILE --index N")
	}
	text, err := os.ReadFile(list)
	if err != nil {
		return "", "", fmt.Errorf("%w: every machine must see the experiment's directory under the same path", err)
	}
	names := strings.Fields(string(text))
	if index < 0 || index >= len(names) {
		return "", "", fmt.Errorf("--index is %d; %s has lines 0 to %d", index, list, len(names)-1)
	}
	return args[0], names[index], result.CheckName(names[index])
}
