package status

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gonst/workbench/experiments/result"
)

// Table formats boards as at most height lines of at most width characters; 0 means no
// limit. If the runs do not all fit, active ones come first, then those that failed or
// stopped, then those that are done, and a line states how many are omitted.
func Table(boards []*Board, width, height int) []string {
	var lines []string
	room := 0 // lines for each board
	if height > 0 {
		room = max(4, height/len(boards))
	}
	for i, b := range boards {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, b.lines(room-1)...)
	}
	if height > 0 && len(lines) > height {
		lines = lines[:height]
	}
	for i, line := range lines {
		if r := []rune(line); width > 0 && len(r) > width {
			lines[i] = string(r[:width-1]) + "…"
		}
	}
	return lines
}

func (b *Board) lines(room int) []string {
	lines := []string{b.Summary()}
	runs, left := b.Runs, ""
	const heading, rest = 1, 1
	if n := room - len(lines) - heading - rest; room > 0 && n < len(runs) {
		n = max(1, n)
		runs = slices.Clone(runs)
		slices.SortStableFunc(runs, func(x, y Run) int { return rank(x) - rank(y) })
		left = omitted(runs[n:])
		runs = runs[:n]
	}
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "STATE\tPROGRESS\tSTEP\tLOSS\tSTEPS/S\tLEFT\tRUN\t")
	for _, r := range runs {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Status, r.bar(), r.steps(), known(r.Loss, "%.4g"), pace(r.Rate), r.left(), r.Name, r.remark())
	}
	_ = t.Flush() // to memory
	for line := range strings.Lines(text.String()) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	if left != "" {
		lines = append(lines, left)
	}
	for _, w := range b.Warnings {
		lines = append(lines, "warning: "+w)
	}
	return lines
}

// rank is the order in which runs are shown if not all fit.
func rank(r Run) int {
	order := []result.Status{result.Running, result.Failed, result.Killed, result.Interrupted, result.Damaged, result.Done, result.Waiting}
	return slices.Index(order, r.Status)
}

// omitted describes the runs that are not shown.
func omitted(runs []Run) string {
	count := map[result.Status]int{}
	var order []result.Status
	for _, r := range runs {
		if count[r.Status] == 0 {
			order = append(order, r.Status)
		}
		count[r.Status]++
	}
	parts := make([]string, len(order))
	for i, s := range order {
		parts[i] = fmt.Sprintf("%d %s", count[s], s)
	}
	return "… and " + strings.Join(parts, ", ")
}

const barWidth = 12

func (r Run) bar() string {
	if r.Planned == 0 {
		return ""
	}
	part := min(1, float64(r.Step)/float64(r.Planned))
	if r.Status == result.Done { // a converged run ends before all planned steps
		part = 1
	}
	n := int(part * barWidth)
	return fmt.Sprintf("[%s%s] %3.0f %%", strings.Repeat("=", n), strings.Repeat(" ", barWidth-n), math.Floor(100*part))
}

func (r Run) steps() string {
	if r.Planned == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", r.Step, r.Planned)
}

func (r Run) left() string {
	if r.Left < 0 || r.Status != result.Running {
		return ""
	}
	return Span(r.Left)
}

// quiet is how long a run may write nothing before the table mentions it.
const quiet = time.Minute

func (r Run) remark() string {
	switch {
	case r.Status == result.Killed:
		return "its process has ended; the same command continues it"
	case r.Status == result.Running && r.Quiet > quiet:
		return "nothing written for " + Span(r.Quiet)
	}
	return strings.Join(strings.Fields(r.Note), " ")
}

// pace formats steps per second with three digits.
func pace(v float64) string {
	if v >= 100 {
		return known(v, "%.0f")
	}
	return known(v, "%.3g")
}

func known(v float64, format string) string {
	if math.IsNaN(v) {
		return ""
	}
	return fmt.Sprintf(format, v)
}

// Span formats a duration with at most three digits.
func Span(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}
