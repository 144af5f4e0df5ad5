package status

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

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
		lines = append(lines, b.lines(width, room-1)...)
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

func (b *Board) lines(width, room int) []string {
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
	lines = append(lines, rows(runs, width)...)
	if left != "" {
		lines = append(lines, left)
	}
	for _, w := range b.Warnings {
		lines = append(lines, "warning: "+w)
	}
	return lines
}

// rows formats runs as a table. If it is wider than width, it has no bars, and then
// shorter labels.
func rows(runs []Run, width int) []string {
	longest := len("RUN")
	for _, r := range runs {
		longest = max(longest, utf8.RuneCountInString(r.Label))
	}
	var left []string
	for _, bars := range []bool{true, false} {
		if left = columns(runs, bars); width == 0 || utf8.RuneCountInString(left[0])+longest <= width {
			break
		}
	}
	if room := width - utf8.RuneCountInString(left[0]); width > 0 && room < longest {
		longest = max(room, leastLabel)
	}
	lines := []string{left[0] + "RUN"}
	for i, r := range runs {
		label := middle(r.Label, longest)
		text := left[i+1] + label
		if remark := r.remark(); remark != "" {
			text += strings.Repeat(" ", longest-utf8.RuneCountInString(label)+2) + remark
		}
		lines = append(lines, strings.TrimRight(text, " "))
	}
	return lines
}

// columns formats the columns before the label, all lines with one length; the first is
// the heading.
func columns(runs []Run, bars bool) []string {
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	progress := "PROGRESS"
	if !bars {
		progress = ""
	}
	trial := ""
	if slices.ContainsFunc(runs, func(r Run) bool { return r.Trial != "" }) {
		trial = "TRIAL\t"
	}
	fmt.Fprintf(t, "%sSTATE\t%s\tSTEP\tLOSS\tSTEPS/S\tLEFT\t\n", trial, progress)
	for _, r := range runs {
		if trial != "" {
			fmt.Fprintf(t, "%s\t", r.Trial)
		}
		bar := r.bar()
		if !bars && bar != "" {
			bar = strings.TrimSpace(bar[strings.LastIndexByte(bar, ']')+1:])
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t\n", r.Status, bar, r.steps(), known(r.Loss, "%.4g"), pace(r.Rate), r.left())
	}
	_ = t.Flush() // to memory
	return strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
}

// leastLabel is the shortest room for labels.
const leastLabel = 12

// middle shortens a label to n characters. It keeps both ends: the first values, and the
// start of the identity at the end of a name.
func middle(label string, n int) string {
	r := []rune(label)
	if len(r) <= n {
		return label
	}
	tail := n * 2 / 3
	return string(r[:n-1-tail]) + "…" + string(r[len(r)-tail:])
}

// rank is the order in which runs are shown if not all fit.
func rank(r Run) int {
	order := []result.Status{result.Running, result.Failed, result.Killed, result.Interrupted, result.Damaged, result.Done, result.Stopped, result.Waiting}
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
	text := strings.Join(strings.Fields(r.Note), " ")
	switch {
	case r.Status == result.Killed:
		text = "its process has ended; the same command continues it"
	case r.Status == result.Running && r.Quiet > quiet:
		text = "nothing written for " + Span(r.Quiet)
	}
	return strings.Join(slices.DeleteFunc([]string{result.TagText(r.Tags), r.Stage, text}, func(s string) bool { return s == "" }), "  ")
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
