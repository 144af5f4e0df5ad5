package cmd

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/gonst/workbench/experiments/cost"
	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/status"
	"github.com/gonst/workbench/experiments/sweep"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/spf13/cobra"
)

// showSearch prints the trials of a search so far, its space, and what a trial takes: it
// measures runs at the ends of the space.
func showSearch(cmd *cobra.Command, p *plan.Plan, there []sweep.RunProgress, o sweep.Options, noTrial bool) error {
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s: %s, in %s\n\n", p.Name, kindOf(p), filepath.Join(o.Results, p.Name))
	rows := make([]plannedRow, len(p.Runs))
	for i, r := range p.Runs {
		rows[i] = plannedRow{name: r.Name, steps: stepsOf(r.Config)}
		rows[i].state, _ = standing(there[i])
	}
	if len(rows) > 0 {
		if err := writePlanned(out, p, rows, true); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	left := p.Settings.Budget.Trials - len(p.Runs)
	if noTrial || p.Settings.Budget.Trials > 0 && left <= 0 {
		return nil
	}
	_, threads := launch.Parallel(p.Configs(), max(o.Jobs, 1), o.Threads)
	trial := &cost.Trial{Threads: threads}
	shown := newTrials(cmd.ErrOrStderr(), len(p.Search.Probes))
	defer shown.close()
	var shortest, longest time.Duration
	var memory uint64
	for i, r := range p.Search.Probes {
		if err := launch.Room(cmd.Context(), p.Search.Probes[i:i+1], 0); err != nil && !o.Force {
			shown.close()
			warn(cmd, []string{prefix.Text(err)})
			continue
		}
		shown.at(i, r)
		e, err := trial.Measure(cmd.Context(), r)
		if cmd.Context().Err() != nil {
			return &statusError{code: exitInterrupted}
		}
		if err != nil {
			return err
		}
		took := e.Whole(r.Config.Steps())
		if longest == 0 || took < shortest {
			shortest = took
		}
		longest, memory = max(longest, took), max(memory, e.Memory)
	}
	shown.close()
	if longest == 0 {
		return nil
	}
	each := status.Span(longest)
	if status.Span(shortest) != each {
		each = status.Span(shortest) + " to " + each
	}
	fmt.Fprintf(out, "a trial takes %s and %s, with %s (measured by short trials at the ends of the space)\n", each, size(memory), count(threads, "thread"))
	if left > 0 {
		fmt.Fprintf(out, "remaining: %s, at most about %s\n", count(left, "trial"), status.Span(longest*time.Duration(left)/time.Duration(max(o.Jobs, 1))))
	}
	return nil
}
