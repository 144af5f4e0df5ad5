package export

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text writes the comparison as an aligned table: numbers right-aligned with four
// digits, everything else left-aligned. If the columns do not fit into width characters
// (0: any), it writes several tables below each other, whose first column is the number
// of the row. Notes follow.
func (c *Comparison) Text(w io.Writer, width int) error {
	columns := make([][]string, len(c.Columns)) // heading and cells, equally wide
	for j, name := range c.headings() {
		cells := []string{name}
		right := len(c.Rows) > 0
		for _, row := range c.Rows {
			cells = append(cells, clip(shown(row[j]), maxCell))
			_, ok := number(row[j])
			right = right && (ok || row[j] == nil)
		}
		columns[j] = aligned(cells, right)
	}
	numbers := []string{"#"}
	for i := range c.Rows {
		numbers = append(numbers, strconv.Itoa(i+1))
	}
	numbers = aligned(numbers, true)
	for k, block := range blocks(columns, numbers, width) {
		if k > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		for i := range numbers {
			var cells []string
			for _, column := range block {
				cells = append(cells, column[i])
			}
			if _, err := fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "  "), " ")); err != nil {
				return err
			}
		}
	}
	for _, note := range c.Notes {
		if _, err := fmt.Fprintf(w, "note: %s\n", note); err != nil {
			return err
		}
	}
	return nil
}

// headings returns the columns' names without their tables, if they stay distinct:
// "rate" for "schedule.rate".
func (c *Comparison) headings() []string {
	short := slices.Clone(c.Columns)
	for j, name := range c.Columns {
		for at := strings.LastIndexByte(name, '.'); at >= 0; at = strings.LastIndexByte(name[:at], '.') {
			tail := name[at:]
			if !slices.ContainsFunc(c.Columns, func(other string) bool {
				return other != name && (strings.HasSuffix(other, tail) || other == tail[1:])
			}) {
				short[j] = tail[1:]
				break
			}
		}
		short[j] = clip(short[j], maxCell)
	}
	return short
}

// aligned makes cells equally wide.
func aligned(cells []string, right bool) []string {
	width := 0
	for _, cell := range cells {
		width = max(width, utf8.RuneCountInString(cell))
	}
	for i, cell := range cells {
		pad := strings.Repeat(" ", width-utf8.RuneCountInString(cell))
		if right {
			cells[i] = pad + cell
		} else {
			cells[i] = cell + pad
		}
	}
	return cells
}

// blocks divides columns into groups of at most width characters. If there is more than
// one group, each begins with the row numbers.
func blocks(columns [][]string, numbers []string, width int) [][][]string {
	const gap = 2
	all := 0
	for _, column := range columns {
		all += gap + utf8.RuneCountInString(column[0])
	}
	if width <= 0 || all-gap <= width {
		return [][][]string{columns}
	}
	var out [][][]string
	used := width + 1
	for _, column := range columns {
		wide := gap + utf8.RuneCountInString(column[0])
		if used+wide > width {
			out = append(out, [][]string{numbers})
			used = utf8.RuneCountInString(numbers[0])
		}
		out[len(out)-1] = append(out[len(out)-1], column)
		used += wide
	}
	return out
}

// clip removes the middle of a text that is longer than n characters: names of runs
// and files often have equal beginnings and different ends.
func clip(s string, n int) string {
	letters := []rune(s)
	if len(letters) <= n {
		return s
	}
	head := n / 3
	return string(letters[:head]) + "…" + string(letters[len(letters)-(n-head-1):])
}

func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case float64:
		return fmt.Sprintf("%.4g", v)
	case string: // on one line
		return strings.Join(strings.Fields(v), " ")
	}
	return fmt.Sprint(v)
}

// JSON writes the comparison as one JSON object per line, with all digits.
func (c *Comparison) JSON(w io.Writer) error {
	if len(c.Columns) == 0 {
		return errors.New("nothing to compare")
	}
	_, err := w.Write(table{columns: c.Columns, rows: c.Rows}.jsonl())
	return err
}
