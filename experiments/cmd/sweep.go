package cmd

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/report"
	"github.com/gonst/workbench/experiments/sweep"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func newSweep() *cobra.Command {
	var o sweep.Options
	var l launching
	var settings []string
	var budget string
	cmd := &cobra.Command{
		Use:   "sweep CONFIG",
		Short: "Make all runs of a configuration",
		Long: `Makes every run of a configuration, and a page that compares them.

Runs that are done are never made again. Interrupted runs continue from their
last checkpoint, and their results are byte-identical. Ctrl-C saves everything
and stops; the same command continues. Several sweeps may work on one directory
at the same time, on one machine or on several that share it: each takes runs that
no other makes, and takes over those of a machine that has failed.

[launch] in the configuration, or --launch, says where the runs are made: see
docs/machines.md.

In place of a configuration you can give a picture made by nst: it carries its
own configuration (see nst show). The command finds the input pictures by their
digests, under any name, in the picture's directory, the working directory,
pictures/ beside it, and the directories of $NST_PICTURES.`,
		Example: `  nst sweep configs/quickstart.toml
  nst sweep configs/quickstart.toml --set run.steps=50 --results try
  nst sweep configs/gatys-figure3-pyramid.toml --jobs 1 --threads 8
  nst sweep configs/gatys-figure3-pyramid.toml --retry       make failed runs again
  nst sweep picture.png                              make a picture again`,
		Args:              exactArgs(1, "a configuration"),
		ValidArgsFunction: completeRunnable,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Jobs < 0 || o.Threads < 0 {
				return usage(fmt.Errorf("--jobs %d --threads %d: must be 1 or more, or 0 to choose automatically", o.Jobs, o.Threads))
			}
			if cmd.Flags().Changed("budget") {
				var err error
				if o.Budget, err = plan.ParseBudget(budget); err != nil {
					return usage(prefix.Errorf("", "--budget: %w", err))
				}
			}
			return runSweep(cmd, args[0], settings, o, l)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Results, "results", "results", "directory of all results")
	f.IntVar(&o.Jobs, "jobs", 0, "runs at the same time (default: chosen from cores and memory; a long sweep measures what is faster)")
	f.IntVar(&o.Threads, "threads", 0, "threads of each run (default: the cores divided among the runs)")
	f.StringArrayVar(&settings, "set", nil, "override `KEY=VALUE` of the configuration; may be repeated")
	f.BoolVar(&o.Force, "force", false, "start even if the memory does not suffice")
	f.StringVar(&budget, "budget", "", "of a search: `N` runs, or a time such as 3h (default: the configuration's)")
	f.BoolVar(&o.Retry, "retry", false, "make failed runs again; their earlier results are moved aside")
	l.flags(cmd)
	return cmd
}

// runSweep plans a configuration and carries the plan out.
func runSweep(cmd *cobra.Command, file string, settings []string, o sweep.Options, l launching) error {
	planned, err := plan.Read(file, append(settings, l.settings()...)...)
	if err != nil {
		return err
	}
	return carryOut(cmd, planned, o, l)
}

// carryOut makes the runs of a plan and reports the progress and the outcome.
func carryOut(cmd *cobra.Command, planned *plan.Plan, o sweep.Options, l launching) error {
	where, err := l.apply(cmd, planned, &o)
	if err != nil {
		return err
	}
	for _, n := range planned.Notes {
		fmt.Fprintln(cmd.ErrOrStderr(), "nst: note:", n)
	}
	warn(cmd, planned.Warnings())
	out, ctx := cmd.OutOrStdout(), cmd.Context()
	dir := filepath.Join(o.Results, planned.Name)
	o.Program = version()

	var show presenter
	page := &pages{dir: dir}
	events := newEventFiles(dir, planned)
	o.Watch = func(p sweep.Progress) {
		if show == nil {
			if p.Count(sweep.Waiting) == 0 && p.Planned == len(p.Runs) {
				return // nothing to do
			}
			d := p.Division
			if d.Jobs == 0 && where == "" {
				return // not decided yet
			}
			if d.Jobs > 0 {
				where = fmt.Sprintf("%d at a time with %s", min(d.Jobs, max(p.Count(sweep.Waiting), p.Planned-len(p.Runs), 1)), count(d.Threads, "thread"))
			}
			fmt.Fprintf(out, "%s: %s, %d done; %s\n", planned.Name, amount(planned, p), p.Count(sweep.Done), where)
			if d.Why != "" {
				fmt.Fprintf(out, "%s (--jobs and --threads override this)\n", d.Why)
			}
			show = newPresenter(out, planned)
		}
		show.show(p)
		page.progress(p)
		events.progress(p)
	}
	if leave := o.Leave; leave != nil {
		o.Leave = func() bool {
			if b, ok := show.(*bars); ok { // they would be drawn over the question
				show = b.lines(out)
			}
			return leave()
		}
	}
	sum, err := sweep.Run(ctx, planned, o)
	if show != nil {
		show.close()
	}
	page.wait()
	eventErr := events.finish()
	if err != nil {
		if sum != nil { // a search that cannot go on: the page shows what it has
			_ = page.finish()
		}
		return err
	}
	if eventErr != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "nst: warning: cannot write the files for TensorBoard: %v; the same command tries again\n", eventErr)
	}
	warn(cmd, sum.Warnings)
	return conclude(cmd, planned, sum, show != nil, page)
}

// conclude writes the page and prints the summary.
func conclude(cmd *cobra.Command, plan *plan.Plan, sum *sweep.Summary, worked bool, page *pages) error {
	out := cmd.OutOrStdout()
	if sum.Left > 0 {
		fmt.Fprintf(out, "%s with Slurm, %d of %d runs are done; `nst status %s` shows them, and the same command waits for them\n",
			count(sum.Left, "job"), sum.Count(sweep.Done), len(sum.Runs), sum.Dir)
		return nil
	}
	interrupted := sum.Count(sweep.Interrupted) > 0 && cmd.Context().Err() != nil
	if interrupted {
		fmt.Fprintf(out, "stopped: %d of %d runs are done, the others are saved; the same command continues\n",
			sum.Count(sweep.Done), len(sum.Runs))
	}
	written := page.finish()
	if written != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "nst: warning: cannot write the page: %v; `nst report %s` tries again\n", written, sum.Dir)
	}
	if interrupted {
		return &statusError{code: exitInterrupted}
	}
	failed := sum.Count(sweep.Failed, sweep.Blocked)
	if q := plan.Search; q != nil && (plan.Settings.Method == "ask" || plan.Settings.Objective.Told()) {
		fmt.Fprintf(out, "%s: %s so far; `nst ask %s` makes the next one\n", plan.Name, count(len(sum.Runs), "trial"), sum.Dir)
	}
	switch {
	case failed == 0 && len(sum.Runs) == 0:
	case failed == 0 && !worked:
		fmt.Fprintf(out, "%s: %s done; nothing to do%s\n", plan.Name, are(len(sum.Runs)), dash(sum.Standing))
	case failed == 0 && sum.Count(sweep.Pruned) > 0:
		fmt.Fprintf(out, "%s: %d of %d runs are done, %d were stopped early%s\n", plan.Name, sum.Count(sweep.Done), len(sum.Runs), sum.Count(sweep.Pruned), dash(sum.Standing))
	case failed == 0:
		fmt.Fprintf(out, "%s: %s done%s\n", plan.Name, are(len(sum.Runs)), dash(sum.Standing))
	default:
		fmt.Fprintf(out, "%s: %d of %d runs are done, %d failed:\n", plan.Name, sum.Count(sweep.Done), len(sum.Runs), failed)
		again := 0
		for _, r := range sum.Runs {
			if r.Phase == sweep.Failed || r.Phase == sweep.Blocked {
				fmt.Fprintln(out, "  "+r.Name+": "+prefix.Trim(r.Note))
			}
			if r.Phase == sweep.Blocked {
				again++
			}
		}
		if again < failed {
			fmt.Fprintln(out, "  (runs that diverged would fail again: change their configuration, or use --retry)")
		}
		if again > 0 {
			which := "the other failed runs"
			if again == failed {
				which = "them"
			}
			fmt.Fprintf(out, "  (the same command tries %s again)\n", which)
		}
	}
	if sum.Ended != "" {
		fmt.Fprintf(out, "%s: the search ended before its budget: %s\n", plan.Name, sum.Ended)
	}
	if written == nil {
		fmt.Fprintf(out, "Report: %s\n", filepath.Join(sum.Dir, "index.html"))
	}
	if failed > 0 {
		return &statusError{code: exitFailed}
	}
	return nil
}

func are(n int) string {
	if n == 1 {
		return "the run is"
	}
	return fmt.Sprintf("all %d runs are", n)
}

// amount says how many runs a sweep makes in the end.
func amount(planned *plan.Plan, p sweep.Progress) string {
	if planned.Search == nil {
		return count(len(p.Runs), "run")
	}
	return fmt.Sprintf("a search of %s by the method %s", planned.Settings.Budget, planned.Settings.Method)
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// newPresenter chooses bars for a terminal and lines for everything else.
func newPresenter(out io.Writer, p *plan.Plan) presenter {
	if isTerminal(out) {
		return newBars(out, func(now sweep.Progress) []string {
			// The search may append to p.Runs meanwhile, by copying.
			return plan.ShortNames(p.Runs[:len(now.Runs)], nameWidth)
		})
	}
	return newLines(out)
}

// isTerminal reports whether lines written to out can be overwritten.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// pages keeps the experiment's page up to date while a sweep goes on.
type pages struct {
	dir  string
	mu   sync.Mutex // one writer at a time
	all  sync.WaitGroup
	last time.Time
	over int
	err  error
}

// refresh is the time between two versions of the page during a sweep.
const refresh = 30 * time.Second

// progress writes the page if runs have ended since the last one, at most every refresh.
func (g *pages) progress(p sweep.Progress) {
	if g.last.IsZero() {
		g.last, g.over = p.Now, over(p)
	}
	if n := over(p); n > g.over && n < len(p.Runs) && p.Now.Sub(g.last) >= refresh {
		g.last, g.over = p.Now, n
		g.all.Go(func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			report.Update(g.dir) // finish reports errors
		})
	}
}

func (g *pages) wait() { g.all.Wait() }

// finish writes the page if its content has changed.
func (g *pages) finish() error { return report.Update(g.dir) }
