package report

import (
	"math"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// series is one set of curves: a column of the metrics or of the yardstick.
type series struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	Group string `json:"group,omitempty"` // the term to which a layer belongs; empty for the total and the terms
	Table int    `json:"table"`           // tableMetrics, tableYardstick

	column string // of the table
	scale  string // only runs of this scale have the series; empty: all runs
}

const (
	tableMetrics = iota
	tableYardstick
	tables
)

// curves holds the points of a run in one table.
type curves struct {
	X map[string][]number `json:"x"` // by "step", "evaluations", "seconds"
	Y [][]number          `json:"y"` // by the table's series; null if a run does not have it
}

// maxNumbers is the limit for the curves' numbers in the page: about 3 MB.
const maxNumbers = 400_000

// pointsEach returns the number of points of each curve.
func pointsEach(runs, series int) int {
	least := 40
	if runs > manyRuns {
		least = 10
	}
	return min(max(maxNumbers/max(1, runs*(series+3)), least), 400)
}

func newSeries(s *study) []series {
	all := []series{{Key: result.ColumnTotal, Label: "total", column: result.ColumnTotal}}
	// Curves of different networks or yardsticks do not compare, so they are separate
	// series.
	add := func(q series, scales []result.Scale) {
		q.column = q.Key
		for nth, scale := range scales {
			one := q
			one.Key, one.Label = result.ScaledKey(q.Key, nth), scaled(q.Label, nth)
			if len(scales) > 1 {
				one.scale = scale.ID
			}
			all = append(all, one)
		}
	}
	networks := s.scales(result.RunState.Network)
	for _, t := range s.Terms {
		add(series{Key: t, Label: t}, networks)
	}
	for _, l := range s.Layers {
		term, layer, _ := strings.Cut(l, ".")
		add(series{Key: l, Label: layer, Group: term}, networks)
	}
	if slices.ContainsFunc(s.Runs, func(r run) bool {
		rates := r.Metrics.Column(result.ColumnRate)
		return slices.ContainsFunc(rates, func(v float64) bool { return v != rates[0] })
	}) {
		all = append(all, series{Key: result.ColumnRate, Label: "learning rate", column: result.ColumnRate})
	}
	yardsticks := s.scales(result.RunState.CurveScale)
	seen := map[string]bool{}
	for _, r := range s.Runs {
		if r.Yardstick == nil {
			continue
		}
		for _, c := range r.Yardstick.Columns {
			if c == result.ColumnStep || seen[c] {
				continue
			}
			seen[c] = true
			part, layer, layered := strings.Cut(c, ".")
			q := series{Key: c, Label: part, Group: "yardstick", Table: tableYardstick}
			if layered {
				q.Label = part + " " + layer
			}
			add(q, yardsticks)
		}
	}
	return slices.DeleteFunc(all, func(q series) bool {
		return q.scale != "" && !slices.ContainsFunc(s.Runs, func(r run) bool { return r.values(q) != nil })
	})
}

// values returns the run's values of a series, or nil if it has none.
func (r *run) values(q series) []float64 {
	m, scale := r.Metrics, r.Network()
	if q.Table == tableYardstick {
		m, scale = r.RunState.Yardstick, r.CurveScale()
	}
	if q.scale != "" && q.scale != scale.ID {
		return nil
	}
	return m.Column(q.column)
}

// newCurves returns a run's curves with at most about n points.
func newCurves(r *run, all []series, n int) (out []curves, thinned bool) {
	for table := range tables {
		m := r.Metrics
		if table == tableYardstick {
			m = r.Yardstick
		}
		c := curves{X: map[string][]number{}}
		var rows []int
		if m != nil {
			lead := m.Column(result.ColumnTotal)
			rows = thin(lead, m.Len(), n)
			thinned = thinned || len(rows) < m.Len()
			for _, x := range []string{result.ColumnStep, result.ColumnEvaluations, result.ColumnSeconds} {
				if xs := r.over(m, x); xs != nil {
					c.X[x] = pick(xs, rows)
				}
			}
		}
		for _, q := range all {
			if q.Table == table {
				c.Y = append(c.Y, pick(r.values(q), rows))
			}
		}
		out = append(out, c)
	}
	return out, thinned
}

// over returns the positions of a table's rows on the axis "step", "evaluations" or
// "seconds". They come from the table's own column or, by step, from the metrics or the
// times. A value is NaN if it is not known. The result is nil if no table has the
// column.
func (r *run) over(m *result.Metrics, x string) []float64 {
	if own := m.Column(x); own != nil {
		return own
	}
	source := r.Metrics
	if x == result.ColumnSeconds {
		source = r.Times
	}
	steps, at, values := m.Column(result.ColumnStep), source.Column(result.ColumnStep), source.Column(x)
	if steps == nil || at == nil || values == nil {
		return nil
	}
	known := make(map[float64]float64, len(at))
	for i, step := range at {
		known[step] = values[i]
	}
	out := make([]float64, len(steps))
	for i, step := range steps {
		v, ok := known[step]
		if !ok {
			v = math.NaN()
		}
		out[i] = v
	}
	return out
}

// curve returns a column of the run's metrics over "step", "evaluations" or "seconds".
// Both results are nil if either column does not exist.
func (r *run) curve(x, column string) (xs, ys []float64) {
	ys = r.Metrics.Column(column)
	if xs = r.over(r.Metrics, x); xs == nil || ys == nil {
		return nil, nil
	}
	return xs, ys
}

// thin chooses at most about n of the rows: the first twenty, where the values change
// most, the last row, and from equal sections between them the lowest and the highest
// total, so that all spikes remain.
func thin(total []float64, rows, n int) []int {
	first := min(20, n/2)
	var chosen []int
	if rows <= n {
		for i := range rows {
			chosen = append(chosen, i)
		}
		return chosen
	}
	for i := range first {
		chosen = append(chosen, i)
	}
	stretches := max(1, (n-first-1)/2)
	for k := range stretches {
		from, to := first+k*(rows-1-first)/stretches, first+(k+1)*(rows-1-first)/stretches
		if from == to {
			continue
		}
		low, high := from, from
		for i := from; i < to && total != nil; i++ {
			if total[i] < total[low] || math.IsNaN(total[low]) {
				low = i
			}
			if total[i] > total[high] || math.IsNaN(total[high]) {
				high = i
			}
		}
		chosen = append(chosen, min(low, high))
		if low != high {
			chosen = append(chosen, max(low, high))
		}
	}
	return append(chosen, rows-1)
}

func pick(values []float64, rows []int) []number {
	if values == nil {
		return nil
	}
	out := make([]number, len(rows))
	for i, row := range rows {
		out[i] = number(values[row])
	}
	return out
}
