package report

import (
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// sheet is the arrangement of the runs' pictures. With two axes that are crossed
// it is a table, the first axis down and the second across (or the other way round
// where that is handier); each combination
// of further axes is a block of its own. Else it is one row that wraps.
type sheet struct {
	Crossed  bool
	Row, Col result.Axis
	Blocks   []block
	Loose    []int // runs in no table: all if nothing is crossed, else those without a value for each axis
}

type block struct {
	Title   string // the further axes' values
	Columns []heading
	Rows    []row
}

type row struct {
	heading
	Cells [][]int // indices of runs, by column; one each unless runs repeat
}

// heading is an axis' value, with the input picture that stands for it.
type heading struct {
	Label string
	Input *picture
}

func newSheet(s *study, inputs map[[2]string]*picture) sheet {
	all := sheet{Loose: make([]int, len(s.Runs))}
	for i := range all.Loose {
		all.Loose[i] = i
	}
	if len(s.Varied) < 2 {
		return all
	}
	// Axes that vary together (zip), or at random, leave most of a table empty.
	places := map[string]bool{}
	for _, r := range s.Runs {
		places[place(r, s.Varied)] = true
	}
	size := 1
	for _, a := range s.Varied {
		size = min(size*len(a.Values), 1<<30)
	}
	if 5*len(places) < 3*size {
		return all
	}

	t := sheet{Crossed: true, Row: s.Varied[0], Col: s.Varied[1]}
	if rows := len(t.Row.Values); len(t.Col.Values) == 2 && rows > 2 && rows <= 6 {
		t.Row, t.Col = t.Col, t.Row // lies on a screen as a whole
	}
	further := s.Varied[2:]
	headings := func(a result.Axis) []heading {
		var hs []heading
		for _, v := range a.Values {
			hs = append(hs, heading{v, inputs[[2]string{a.Key, v}]})
		}
		return hs
	}
	at := map[string]*[]int{}
	for _, values := range combinations(further) {
		var titles []string
		for i, v := range values {
			titles = append(titles, further[i].Name()+" "+v)
		}
		b := block{Title: strings.Join(titles, " · "), Columns: headings(t.Col)}
		for _, h := range headings(t.Row) {
			r := row{heading: h, Cells: make([][]int, len(b.Columns))}
			for j, c := range b.Columns {
				at[join(append([]string{h.Label, c.Label}, values...))] = &r.Cells[j]
			}
			b.Rows = append(b.Rows, r)
		}
		t.Blocks = append(t.Blocks, b)
	}
	for i, r := range s.Runs {
		if cell := at[place(r, append([]result.Axis{t.Row, t.Col}, further...))]; cell != nil {
			*cell = append(*cell, i)
		} else {
			t.Loose = append(t.Loose, i)
		}
	}
	return t
}

// place is where a run is among its axes; runs of equal values share it.
func place(r run, axes []result.Axis) string {
	values := make([]string, len(axes))
	for i, a := range axes {
		v, ok := r.Values[a.Key]
		if !ok {
			return join(nil)
		}
		values[i] = v
	}
	return join(values)
}

func join(values []string) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteString(strings.ReplaceAll(v, "\x00", "") + "\x00")
	}
	return b.String()
}

// combinations lists all choices of one value an axis, the first axis slowest;
// one, of no values, if there are no axes.
func combinations(axes []result.Axis) [][]string {
	all := [][]string{nil}
	for _, a := range axes {
		var longer [][]string
		for _, c := range all {
			for _, v := range a.Values {
				longer = append(longer, append(c[:len(c):len(c)], v))
			}
		}
		all = longer
	}
	return all
}
