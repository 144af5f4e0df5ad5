package cmd

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/cost"
	"github.com/gonst/workbench/experiments/launch"
	cmdline "github.com/gonst/workbench/experiments/launch/command"
	"github.com/gonst/workbench/experiments/launch/slurm"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/sweep"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// isolatedPace is the time between two looks at processes on this machine.
const isolatedPace = 200 * time.Millisecond

// launching is where a sweep makes its runs, as flags of a command say it.
type launching struct {
	kind    string // over [launch] kind
	isolate bool
	shard   string
	detach  bool
}

func (l *launching) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&l.kind, "launch", "", "where the runs are made: "+strings.Join(plan.LaunchKinds, ", ")+" (default: the configuration's [launch])")
	f.BoolVar(&l.isolate, "isolate", false, "make each run in a process of its own")
	f.BoolVar(&l.detach, "detach", false, "with Slurm: return when the jobs are submitted; the same command finds them again")
	f.StringVar(&l.shard, "shard", "", "make only part `I/N` of the runs, such as 1/4 to 4/4 on four machines")
}

// settings are the settings of the configuration that the flags stand for.
func (l *launching) settings() []string {
	if l.kind == "" {
		return nil
	}
	return []string{plan.TextSetting("launch.kind", l.kind)}
}

// apply puts the launcher of a plan into the options. where says in words where the runs are
// made; it is empty for this process.
func (l *launching) apply(cmd *cobra.Command, p *plan.Plan, o *sweep.Options) (where string, err error) {
	if l.shard != "" {
		if o.Shard, err = parseShard(l.shard); err != nil {
			return "", usage(err)
		}
	}
	kind := p.Launch.Kind
	if l.isolate && kind != "local" {
		return "", usage(fmt.Errorf("--isolate is about runs on this machine; the launch kind %q makes each run in a process of its own anyway", kind))
	}
	if l.detach && kind != "slurm" {
		return "", usage(fmt.Errorf("--detach is for Slurm, whose jobs go on; the launch kind is %q", kind))
	}
	switch {
	case kind == "slurm":
		return l.slurm(cmd, p, o)
	case kind == "command":
		made, err := cmdline.New(p.Launch.Command, cmp.Or(o.Jobs, p.Launch.Jobs))
		if err != nil {
			return "", usage(err)
		}
		o.Launcher, o.Ahead = made, 2*made.Jobs()
		return fmt.Sprintf("%d at a time by the command %s", made.Jobs(), p.Launch.Command[0]), nil
	case l.isolate:
		self, err := os.Executable()
		if err != nil {
			return "", err
		}
		jobs, threads := launch.Parallel(p.Configs(), cmp.Or(o.Jobs, p.Launch.Jobs), o.Threads)
		work := []string{self, "work", "{dir}", "{run}", "--threads", strconv.Itoa(threads)}
		if o.Force {
			work = append(work, "--force")
		}
		made, err := cmdline.New(work, jobs)
		if err != nil {
			return "", err
		}
		o.Launcher, o.Ahead, o.Pace = made, 2*jobs, isolatedPace
		return fmt.Sprintf("%d at a time in processes of their own with %s", jobs, count(threads, "thread")), nil
	}
	o.Jobs = cmp.Or(o.Jobs, p.Launch.Jobs)
	return "", nil
}

// What a run may take above its estimate, on a node that is busy or slow.
const spareMinutes, spareMB = 10, 256

// estimate measures the runs of a plan by short trials: the longest time of a run, and the
// most memory in bytes.
func estimate(ctx context.Context, p *plan.Plan, threads int) (longest time.Duration, largest uint64, err error) {
	trial := &cost.Trial{Threads: threads}
	for _, r := range p.Examples() {
		e, err := trial.Measure(ctx, r)
		if err != nil {
			return 0, 0, err
		}
		longest, largest = max(longest, e.Whole(r.Config.Steps())), max(largest, e.Memory)
	}
	return longest, largest, nil
}

// slurm makes the launcher of Slurm. What the configuration leaves open comes from a trial.
func (l *launching) slurm(cmd *cobra.Command, p *plan.Plan, o *sweep.Options) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	s := slurm.Options{Partition: p.Launch.Partition, CPUs: p.Launch.CPUs, Jobs: cmp.Or(o.Jobs, p.Launch.Jobs), More: p.Launch.Options,
		Program: cmp.Or(p.Launch.Program, self), Minutes: p.Launch.Minutes, MemoryMB: p.Launch.MemoryMB}
	if _, err := slurm.New(slurm.Options{Partition: s.Partition}); err != nil { // before the trial
		return "", usage(err)
	}
	longest, largest, err := estimate(cmd.Context(), p, s.CPUs)
	if err != nil {
		return "", err
	}
	minutes, memory := int(longest/time.Minute)+1, int(largest>>20)+1
	switch {
	case s.MemoryMB > 0 && s.MemoryMB < memory && !o.Force:
		return "", usage(fmt.Errorf("launch.memory_mb is %d, and a run takes about %d MB: give it more, or use --force", s.MemoryMB, memory))
	case s.Minutes > 0 && s.Minutes < minutes:
		fmt.Fprintf(cmd.ErrOrStderr(), "nst: note: launch.minutes is %d, and the longest run takes about %d minutes here: it will be continued by another job\n", s.Minutes, minutes)
	}
	s.Minutes, s.MemoryMB = cmp.Or(s.Minutes, 3*minutes+spareMinutes), cmp.Or(s.MemoryMB, memory*3/2+spareMB)
	made, err := slurm.New(s)
	if err != nil {
		return "", usage(err)
	}
	o.Launcher, o.Ahead, o.Pace, o.Detach = made, max(len(p.Runs), 1), 2*time.Second, l.detach
	o.Leave = func() bool { return leaveJobs(cmd) }
	return fmt.Sprintf("by Slurm, each with %s, %d MB and %d minutes", count(s.CPUs, "processor"), s.MemoryMB, s.Minutes), nil
}

// leaveJobs asks whether the jobs go on after Ctrl-C. Without a terminal, they do.
func leaveJobs(cmd *cobra.Command) bool {
	if in, ok := cmd.InOrStdin().(*os.File); !ok || !term.IsTerminal(int(in.Fd())) || !isTerminal(cmd.OutOrStdout()) {
		return true
	}
	fmt.Fprint(cmd.OutOrStdout(), "\nThe jobs are with Slurm. Cancel them? They save their work. [y/N] ")
	answer, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	return !strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y")
}

// parseShard reads I/N.
func parseShard(text string) (sweep.Shard, error) {
	a, b, ok := strings.Cut(text, "/")
	index, err := strconv.Atoi(a)
	of, err2 := strconv.Atoi(b)
	if !ok || err != nil || err2 != nil || of < 1 || index < 1 || index > of {
		return sweep.Shard{}, fmt.Errorf("--shard %s: want I/N with I from 1 to N, such as 1/4", text)
	}
	return sweep.Shard{Index: index, Of: of}, nil
}
