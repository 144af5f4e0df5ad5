package cmd

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/cost"
	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/status"
	"github.com/gonst/workbench/experiments/sweep"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/spf13/cobra"
)

func newPlan() *cobra.Command {
	var o sweep.Options
	var settings []string
	var noTrial bool
	var m manifest
	cmd := &cobra.Command{
		Use:   "plan CONFIG",
		Short: "List the runs of a configuration, with expected time and memory",
		Long: `Lists the runs of a configuration in order, with their state, time and memory.
It measures time and memory with a few steps of every kind of run, and writes
nothing. Memory is the peak of a process that makes only this run. A run for which
the memory of this machine does not suffice is not measured; its memory is estimated.

For a run with a bound of memory, such as run.memory = "2 GB", and for one that this
machine has not the memory for, it lists what each way takes: the whole picture, or tiles
of which size, and how much more work an evaluation then is. The measurement of a large
picture takes minutes; --no-trial gives the list for such a bound at once.

With --manifest k8s it writes an Indexed Job of Kubernetes that makes the missing runs,
with the measured memory as request, and prepares these runs in the results directory.`,
		Example: `  nst plan configs/quickstart.toml
  nst plan configs/gatys-figure3-pyramid.toml --no-trial`,
		Args:              exactArgs(1, "a configuration"),
		ValidArgsFunction: completeTOML,
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, err := plan.Read(args[0], settings...)
			if err != nil {
				return err
			}
			warn(cmd, plan.Warnings())
			if m.engine != "" {
				return m.write(cmd, plan, o)
			}
			return showPlan(cmd, plan, o, noTrial)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Results, "results", "results", "directory of all results")
	f.IntVar(&o.Jobs, "jobs", 0, "runs at the same time (default: chosen from cores, memory and size)")
	f.IntVar(&o.Threads, "threads", 0, "threads of each run (default: the cores divided among the runs)")
	f.StringArrayVar(&settings, "set", nil, "override `KEY=VALUE` of the configuration; may be repeated")
	f.BoolVar(&o.Force, "force", false, "measure even if the memory does not suffice")
	f.BoolVar(&noTrial, "no-trial", false, "do not measure time and memory")
	m.flags(cmd)
	return cmd
}

func showPlan(cmd *cobra.Command, plan *plan.Plan, o sweep.Options, noTrial bool) error {
	there, warnings, err := sweep.Look(o.Results, plan)
	if err != nil {
		return err
	}
	warn(cmd, warnings)
	if plan.Search != nil {
		return showSearch(cmd, plan, there, o, noTrial)
	}
	out := cmd.OutOrStdout()
	jobs, threads := launch.Parallel(plan.Configs(), o.Jobs, o.Threads)
	rows := make([]plannedRow, len(plan.Runs))
	trial := &cost.Trial{Threads: threads}
	shown := newTrials(cmd.ErrOrStderr(), len(plan.Runs))
	var left time.Duration
	var largest uint64
	var tight *config.Config // the last run with little memory
	for i, r := range plan.Runs {
		row := &rows[i]
		state, steps := standing(there[i])
		*row = plannedRow{name: r.Name, steps: stepsOf(r.Config), state: state}
		if _, bound := r.Config.Run.Memory.Bound(); bound {
			tight = r.Config
		}
		if noTrial {
			continue
		}
		if err := launch.Room(cmd.Context(), plan.Runs[i:i+1], 0); err != nil && !o.Force {
			shown.close()
			tight = r.Config
			warn(cmd, []string{prefix.Text(err)})
			row.time, row.memory = "–", "–"
			if room := (*launch.RoomError)(nil); errors.As(err, &room) {
				row.memory = "about " + size(uint64(room.Need))
			}
			continue
		}
		shown.at(i, r)
		e, err := trial.Measure(cmd.Context(), r)
		if cmd.Context().Err() != nil {
			shown.close()
			return &statusError{code: exitInterrupted}
		}
		if err != nil {
			shown.close()
			if ways, failed := cost.Ways(cmd.Context(), r.Config, threads); tight == r.Config && failed == nil {
				fmt.Fprintln(out, ways)
			}
			return err
		}
		row.time, row.memory = status.Span(e.Whole(r.Config.Steps())), size(e.Memory)
		if steps > 0 {
			left += e.Whole(steps)
			largest = max(largest, e.Memory)
		}
	}
	shown.close()
	fmt.Fprintf(out, "%s: %s in %s\n\n", plan.Name, count(len(plan.Runs), "run"), filepath.Join(o.Results, plan.Name))
	if err := writePlanned(out, plan, rows, noTrial); err != nil {
		return err
	}
	fmt.Fprintln(out)
	if about := places(plan); about != "" {
		fmt.Fprintln(out, about)
	}
	if tight != nil {
		ways, err := cost.Ways(cmd.Context(), tight, threads)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, ways)
	}
	if !noTrial && left > 0 {
		fmt.Fprintf(out, "remaining: about %s and %s, with %s at the same time and %s each (measured by short trials)\n",
			status.Span(left/time.Duration(jobs)), size(largest*uint64(jobs)), count(jobs, "run"), count(threads, "thread"))
		if launch.Small(plan.Configs()) {
			if d := launch.Divide(cmd.Context(), plan.Configs(), o.Jobs, o.Threads); d.Why != "" {
				fmt.Fprintf(out, "%s: nst sweep chooses %v\n", d.Why, d)
			}
		}
	} else if noTrial {
		fmt.Fprintf(out, "%s at the same time, %s each\n", count(jobs, "run"), count(threads, "thread"))
	}
	return nil
}

// places says which runs keep colours or have masks, and which masks these are.
func places(p *plan.Plan) string {
	var b strings.Builder
	masks := map[string]bool{}
	colours, masked := 0, 0
	for _, r := range p.Runs {
		if !r.Config.Colour.Build().None() {
			colours++
		}
		uses := r.Config.Masks()
		if len(uses) > 0 {
			masked++
		}
		for _, u := range uses {
			masks[strings.TrimSpace(filepath.Base(u.Path)+" "+u.Label)] = true
		}
	}
	if colours > 0 {
		fmt.Fprintf(&b, "colours of the content are kept in %d of %s\n", colours, count(len(p.Runs), "run"))
	}
	if masked > 0 {
		fmt.Fprintf(&b, "masks in %d of %s: %s (nst explain shows what they reach)\n", masked, count(len(p.Runs), "run"), strings.Join(slices.Sorted(maps.Keys(masks)), ", "))
	}
	return b.String()
}

// standing returns a run's state in words and the number of its remaining steps.
func standing(p sweep.RunProgress) (string, int) {
	switch p.Phase {
	case sweep.Done:
		return "done", 0
	case sweep.Failed, sweep.Blocked:
		return "failed: " + p.Note, 0
	case sweep.Pruned:
		return "stopped early " + p.Note, 0
	case sweep.Paused, sweep.Interrupted:
		return fmt.Sprintf("saved at step %d", p.Step), max(1, p.Steps-p.Step)
	}
	return "new", p.Steps
}

// stepsOf returns the steps of a run, and its stages.
func stepsOf(c *config.Config) string {
	list := c.StageList()
	text := fmt.Sprint(c.Steps())
	if len(list) > 1 {
		text += fmt.Sprintf(" in %d stages, %d to %d px", len(list), list[0].Size, list[len(list)-1].Size)
	}
	return text
}

// size formats a number of bytes.
func size(n uint64) string {
	switch {
	case n < 1<<30:
		return fmt.Sprintf("%d MB", max(1, n>>20))
	default:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	}
}
