package cmd

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/status"
	"github.com/gonst/workbench/experiments/sweep"
	"github.com/gonst/workbench/internal/prefix"
)

// A presenter shows the progress of a sweep. show is called several times a second.
type presenter interface {
	show(p sweep.Progress)
	close()
}

// lines is the presenter for output that is not a terminal: a line when a run
// starts or ends, and from time to time one about the whole sweep.
type lines struct {
	out    io.Writer
	every  time.Duration
	seen   []sweep.Phase
	spoken time.Time
	lacks  int // as the last line said
}

func newLines(out io.Writer) *lines { return &lines{out: out, every: 10 * time.Second} }

func (l *lines) show(p sweep.Progress) {
	if l.seen == nil {
		l.seen = make([]sweep.Phase, len(p.Runs))
		for i, r := range p.Runs {
			if r.Before {
				l.seen[i] = r.Phase
			}
		}
		l.spoken = p.Now
	}
	for i, r := range p.Runs {
		if i == len(l.seen) { // a trial of a search
			l.seen = append(l.seen, sweep.Waiting)
		}
		if r.Phase == l.seen[i] {
			continue
		}
		l.seen[i] = r.Phase
		if text := news(r); text != "" {
			if r.Phase == sweep.Done && p.Standing != "" {
				text += "; " + p.Standing
			}
			fmt.Fprintf(l.out, "[%d%s] %s\n", over(p), of(p), text)
			l.spoken = p.Now
		}
	}
	if p.Lacks != l.lacks {
		if l.lacks = p.Lacks; p.Lacks > 0 {
			fmt.Fprintf(l.out, "[%d%s] %s\n", over(p), of(p), whole(p))
		}
	}
	if p.Now.Sub(l.spoken) >= l.every && p.Lacks == 0 {
		l.spoken = p.Now
		fmt.Fprintf(l.out, "[%d%s] %s\n", over(p), of(p), whole(p))
	}
}

func (l *lines) close() {}

// over counts the runs of which nothing more will come.
func over(p sweep.Progress) int {
	return p.Count(sweep.Done, sweep.Pruned, sweep.Failed, sweep.Blocked)
}

// of is the number of runs in the end, if it is known.
func of(p sweep.Progress) string {
	if p.Planned == 0 {
		return ""
	}
	return fmt.Sprintf("/%d", p.Planned)
}

// news returns the line about a run whose phase has changed.
func news(r sweep.RunProgress) string {
	took := ""
	if !r.Began.IsZero() && !r.Ended.IsZero() {
		took = " in " + status.Span(r.Ended.Sub(r.Began))
	}
	switch r.Phase {
	case sweep.Running:
		if r.First > 0 {
			return fmt.Sprintf("%s continues at step %d of %d", r.Name, r.First, r.Steps)
		}
		return fmt.Sprintf("%s started, %d steps", r.Name, r.Steps)
	case sweep.Elsewhere:
		return fmt.Sprintf("%s is made by another process%s", r.Name, dash(r.Note))
	case sweep.Done:
		return fmt.Sprintf("%s done%s%s", r.Name, took, loss(r))
	case sweep.Paused:
		return fmt.Sprintf("%s waits at step %d of %d", r.Name, r.Step, r.Steps)
	case sweep.Pruned:
		return fmt.Sprintf("%s stopped early %s", r.Name, r.Note)
	case sweep.Failed, sweep.Blocked:
		return fmt.Sprintf("%s failed%s%s", r.Name, took, dash(r.Note))
	case sweep.Interrupted:
		if r.Began.IsZero() {
			return ""
		}
		return fmt.Sprintf("%s stopped at step %d of %d, saved", r.Name, r.Step, r.Steps)
	}
	return ""
}

// whole returns the line about a sweep in progress.
func whole(p sweep.Progress) string {
	if p.Lacks > 0 {
		return "waits for votes about " + count(p.Lacks, "picture") + " (nst vote)"
	}
	parts := []string{fmt.Sprintf("%.0f%%", math.Floor(100*p.Done()))}
	if left, ok := p.Left(); ok {
		parts = append(parts, "about "+status.Span(left)+" left")
	}
	for _, r := range p.Runs {
		if r.Phase == sweep.Running {
			parts = append(parts, fmt.Sprintf("%s %s", r.Name, reached(r)))
		}
	}
	return strings.Join(parts, "; ")
}

// reached says where a run is. The measures of a large picture take minutes.
func reached(r sweep.RunProgress) string {
	text := fmt.Sprintf("%d/%d%s", r.Step, r.Steps, loss(r))
	if r.Steps > 0 && r.Step >= r.Steps {
		text += ", measuring the picture"
	}
	return text
}

func loss(r sweep.RunProgress) string {
	if !r.HasLoss() {
		return ""
	}
	return fmt.Sprintf(", loss %.4g", r.Loss)
}

func dash(note string) string {
	if note == "" {
		return ""
	}
	return ": " + prefix.Trim(note)
}
