package cmd

import (
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/gonst/workbench/experiments/export"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/sweep"
	"github.com/spf13/cobra"
)

// eventFiles keeps TensorBoard's event files up to date during a sweep,
// for the runs with [log] tensorboard = true. They are made only from the
// experiment's directory, like its page, so another sweep can continue them.
type eventFiles struct {
	export.Events
	plan  *plan.Plan
	noted int // runs of the plan that are in Runs, if they want files
	last  time.Time
	all   sync.WaitGroup
	mu    sync.Mutex // one writer at a time
}

// eventPace is the time between two updates during a sweep.
const eventPace = 5 * time.Second

func newEventFiles(dir string, plan *plan.Plan) *eventFiles {
	e := &eventFiles{plan: plan, last: time.Now(), Events: export.Events{Experiment: dir, Dir: filepath.Join(dir, result.EventsDir), Runs: map[string]bool{}}}
	e.note(plan)
	return e
}

// note adds the runs of a plan that a search has appended.
func (e *eventFiles) note(plan *plan.Plan) {
	for _, r := range plan.Runs[e.noted:] {
		if r.Config.Log.TensorBoard {
			e.Runs[r.Identity] = true
		}
	}
	e.noted = len(plan.Runs)
}

// progress updates the files, at most every eventPace.
func (e *eventFiles) progress(p sweep.Progress) {
	if p.Now.Sub(e.last) < eventPace || !e.mu.TryLock() {
		return
	}
	if e.note(e.plan); len(e.Runs) == 0 {
		e.mu.Unlock()
		return
	}
	e.last = p.Now
	e.all.Go(func() {
		defer e.mu.Unlock()
		_ = e.Update(false) // finish reports errors
	})
}

// finish completes the files.
func (e *eventFiles) finish() error {
	e.all.Wait()
	if e.note(e.plan); len(e.Runs) == 0 {
		return nil
	}
	return e.Update(true)
}

func exportTensorBoard() *cobra.Command {
	var to string
	var tags []string
	cmd := &cobra.Command{
		Use:   "tensorboard DIR… --to DIR",
		Short: "Write event files for TensorBoard",
		Long: `Writes TensorBoard's event files: scalars of every loss, layer, yardstick and measure,
the pictures, and the configurations as hyperparameters. A second export appends
only what is new. Times count from the start of each run and include only its steps.

With [log] tensorboard = true in a configuration, nst sweep writes such files to
results/NAME/tensorboard while it runs. TensorBoard shows the table of
hyperparameters for one experiment at a time: give it that experiment's
directory, as in tensorboard --logdir events/quickstart.`,
		Example: `  nst export tensorboard results/quickstart --to events`,
		Args:    minimumArgs(1, "a directory of an experiment, such as results/quickstart"),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if to == "" {
				return usage(needsTo(cmd, "a directory to write to"))
			}
			runs, err := tagged(cmd, dirs, tags)
			if err != nil {
				return err
			}
			places := map[string]bool{}
			for len(runs) > 0 {
				n := 1
				for n < len(runs) && runs[n].Experiment == runs[0].Experiment {
					n++
				}
				place := filepath.Join(to, filepath.Base(filepath.Clean(runs[0].Experiment.Dir)))
				if places[place] {
					return usage(fmt.Errorf("two experiments are named %s: export them to different directories", filepath.Base(place)))
				}
				places[place] = true
				wrote, err := export.WriteEvents(place, runs[:n], true)
				if err != nil {
					return err
				}
				word := ""
				if !wrote {
					word = ": already up to date"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s%s\n", place, word)
				runs = runs[n:]
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "`DIR` to write to; created if missing")
	tagFlag(cmd, &tags)
	return cmd
}
