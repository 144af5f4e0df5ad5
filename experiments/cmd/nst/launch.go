package main

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/launch"
	cmdline "github.com/gonst/workbench/experiments/launch/command"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/sweep"
	"github.com/spf13/cobra"
)

// isolatedPace is the time between two looks at processes on this machine.
const isolatedPace = 200 * time.Millisecond

// launching is where a sweep makes its runs, as flags of a command say it.
type launching struct {
	kind    string // over [launch] kind
	isolate bool
	shard   string
}

func (l *launching) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&l.kind, "launch", "", "where the runs are made: "+strings.Join(plan.LaunchKinds, ", ")+" (default: the configuration's [launch])")
	f.BoolVar(&l.isolate, "isolate", false, "make each run in a process of its own")
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
func (l *launching) apply(p *plan.Plan, o *sweep.Options) (where string, err error) {
	if l.shard != "" {
		if o.Shard, err = parseShard(l.shard); err != nil {
			return "", usage(err)
		}
	}
	kind := p.Launch.Kind
	if l.isolate && kind != "local" {
		return "", usage(fmt.Errorf("--isolate is about runs on this machine; the launch kind %q makes each run in a process of its own anyway", kind))
	}
	switch {
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
		made, err := cmdline.New([]string{self, "work", "{dir}", "{run}", "--threads", strconv.Itoa(threads)}, jobs)
		if err != nil {
			return "", err
		}
		o.Launcher, o.Ahead, o.Pace = made, 2*jobs, isolatedPace
		return fmt.Sprintf("%d at a time in processes of their own with %s", jobs, count(threads, "thread")), nil
	}
	o.Jobs = cmp.Or(o.Jobs, p.Launch.Jobs)
	return "", nil
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
