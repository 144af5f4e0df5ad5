package cmd

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/status"
)

// plannedRow is one run of nst plan's table.
type plannedRow struct {
	name, steps, time, memory, state string
}

// writePlanned writes the table of nst plan. Where the names of the runs do not fit into a
// line of the terminal, their short names take their place.
func writePlanned(out io.Writer, p *plan.Plan, rows []plannedRow, noTrial bool) error {
	var text bytes.Buffer
	write := func() error {
		text.Reset()
		t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
		if noTrial {
			fmt.Fprintln(t, "RUN\tSTEPS\tSTATE")
		} else {
			fmt.Fprintln(t, "RUN\tSTEPS\tTIME\tMEMORY\tSTATE")
		}
		for _, r := range rows {
			if noTrial {
				fmt.Fprintf(t, "%s\t%s\t%s\n", r.name, r.steps, r.state)
			} else {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.name, r.steps, r.time, r.memory, r.state)
			}
		}
		return t.Flush()
	}
	if err := write(); err != nil {
		return err
	}
	if width, most := widthOf(out), longest(text.String()); width > 0 && most > width {
		name := 0
		for _, r := range rows {
			name = max(name, len([]rune(r.name)))
		}
		for i, short := range plan.ShortNames(p.Runs, max(12, width-(most-name))) {
			rows[i].name = short
		}
		if err := write(); err != nil {
			return err
		}
	}
	_, err := out.Write(text.Bytes())
	return err
}

// longest returns the length of the longest line of a text.
func longest(text string) int {
	most := 0
	for line := range strings.Lines(text) {
		most = max(most, len([]rune(strings.TrimSuffix(line, "\n"))))
	}
	return most
}

// trials shows how far the trials of nst plan are: they take minutes for large pictures.
// On a terminal it is one line that is overwritten, otherwise a line every few seconds.
type trials struct {
	out   io.Writer
	all   int
	began time.Time
	next  time.Time
	line  bool // on the terminal
}

func newTrials(out io.Writer, all int) *trials {
	now := time.Now()
	return &trials{out: out, all: all, began: now, next: now.Add(5 * time.Second)}
}

// at says that the trial of a run begins.
func (t *trials) at(i int, r plan.Run) {
	text := fmt.Sprintf("measuring run %d of %d, %d x %d pixels, by a few of its steps", i+1, t.all, r.Width, r.Height)
	if took := time.Since(t.began); took > time.Second {
		text += fmt.Sprintf(" (%s so far)", status.Span(took))
	}
	switch {
	case isTerminal(t.out):
		fmt.Fprint(t.out, "\r\x1b[K"+text)
		t.line = true
	case i == 0 || !time.Now().Before(t.next):
		fmt.Fprintln(t.out, text)
		t.next = time.Now().Add(5 * time.Second)
	}
}

// close removes the line.
func (t *trials) close() {
	if t.line {
		fmt.Fprint(t.out, "\r\x1b[K")
		t.line = false
	}
}
