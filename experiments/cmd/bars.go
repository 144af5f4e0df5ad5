package cmd

import (
	"fmt"
	"io"
	"math"
	"sync/atomic"
	"time"

	"github.com/gonst/workbench/experiments/status"
	"github.com/gonst/workbench/experiments/sweep"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// bars is the presenter for a terminal: a bar for every active run, one for
// the whole sweep with the remaining time, and above them a line for every run that has ended.
type bars struct {
	all   *mpb.Progress
	whole *mpb.Bar
	names func(sweep.Progress) []string // of the runs, short, for the bars
	runs  []*runBar
	seen  []sweep.Phase
	last  atomic.Pointer[sweep.Progress]
}

type runBar struct {
	bar  *mpb.Bar
	last atomic.Pointer[sweep.RunProgress]
}

const (
	fine      = 10000 // parts of the bar of the whole sweep
	barWidth  = 24
	nameWidth = 32
)

// newBars makes the bars for runs with these short names, in the plan's order. names is
// called again when the runs become more.
func newBars(out io.Writer, names func(sweep.Progress) []string) *bars {
	b := &bars{all: mpb.New(mpb.WithOutput(out), mpb.ForceAutoRefresh()), names: names}
	style := mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]")
	b.whole = b.all.New(fine, style,
		mpb.BarPriority(1<<20), // below all others
		mpb.BarWidth(barWidth),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return b.text() }, decor.WC{C: decor.DindentRight | decor.DSyncWidth})),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + b.left() })))
	return b
}

func (b *bars) text() string {
	p := b.last.Load()
	if p == nil {
		return ""
	}
	if p.Planned == 0 {
		return count(over(*p), "run")
	}
	return fmt.Sprintf("%d of %d runs", over(*p), p.Planned)
}

func (b *bars) left() string {
	p := b.last.Load()
	if p == nil {
		return ""
	}
	text := fmt.Sprintf("%3.0f%%", math.Floor(100*p.Done()))
	if p.Lacks > 0 {
		text = whole(*p)
	} else if left, ok := p.Left(); ok {
		text += "  about " + status.Span(left) + " left"
	}
	if p.Standing != "" {
		text += "  " + p.Standing
	}
	return text
}

func (b *bars) show(p sweep.Progress) {
	b.last.Store(&p)
	if b.seen == nil {
		b.seen = make([]sweep.Phase, len(p.Runs))
		b.runs = make([]*runBar, len(p.Runs))
		for i, r := range p.Runs {
			if r.Before {
				b.seen[i] = r.Phase
			}
		}
	}
	for len(b.seen) < len(p.Runs) { // a trial of a search
		b.seen, b.runs = append(b.seen, sweep.Waiting), append(b.runs, nil)
	}
	for i, r := range p.Runs {
		if r.Phase == sweep.Running {
			if b.runs[i] == nil {
				b.runs[i] = b.add(i, r, b.names(p)[i])
			}
			b.runs[i].last.Store(&r)
			b.runs[i].bar.SetCurrent(int64(min(r.Step, r.Steps-1))) // never complete by itself
		}
		if r.Phase == b.seen[i] {
			continue
		}
		b.seen[i] = r.Phase
		if r.Phase != sweep.Running {
			if b.runs[i] != nil {
				b.runs[i].bar.Abort(true)
				b.runs[i] = nil
			}
			if text := news(r); text != "" {
				fmt.Fprintln(b.all, text)
			}
		}
	}
	b.whole.SetCurrent(int64(min(fine-1, fine*p.Done())))
}

// add makes the bar of a run that has just become active.
func (b *bars) add(i int, r sweep.RunProgress, name string) *runBar {
	run := new(runBar)
	run.last.Store(&r)
	run.bar = b.all.New(int64(max(r.Steps, 1)), mpb.BarStyle().Lbound("[").Filler("-").Tip(">").Padding(" ").Rbound("]"),
		mpb.BarPriority(i),
		mpb.BarWidth(barWidth),
		mpb.PrependDecorators(decor.Name(name, decor.WC{C: decor.DindentRight | decor.DSyncWidth})),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			return " " + reached(*run.last.Load())
		})))
	return run
}

func (b *bars) close() {
	for _, r := range b.runs {
		if r != nil {
			r.bar.Abort(true)
		}
	}
	b.whole.Abort(true)
	b.all.Wait()
}

// lines ends the bars and goes on in lines.
func (b *bars) lines(out io.Writer) *lines {
	b.close()
	l := newLines(out)
	l.seen, l.spoken = b.seen, time.Now()
	return l
}
