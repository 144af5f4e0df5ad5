package report

import (
	"math"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// data is what the page's script draws the curves from.
type data struct {
	Series []series `json:"series"`
	Runs   []curves `json:"runs"`
	Thin   bool     `json:"thin"` // curves have fewer points than metrics.csv
}

type series struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	Group string `json:"group"` // the term of a layer; empty for the total and the terms
}

type curves struct {
	Label  string              `json:"label"`
	Name   string              `json:"name"`
	Colour string              `json:"colour"`
	Status string              `json:"status"`
	X      map[string][]number `json:"x"` // by "step", "evaluations", "seconds"
	Y      [][]number          `json:"y"` // by series; null where a run has not got it
}

// maxNumbers is how many numbers of curves are put into the page: some 3 MB.
const maxNumbers = 400_000

func newData(s *study) data {
	d := data{Series: []series{{Key: result.ColumnTotal, Label: "total"}}}
	for _, t := range s.Terms {
		d.Series = append(d.Series, series{Key: t, Label: t})
	}
	for _, l := range s.Layers {
		term, layer, _ := strings.Cut(l, ".")
		d.Series = append(d.Series, series{Key: l, Label: layer, Group: term})
	}
	points := maxNumbers / max(1, len(s.Runs)*(len(d.Series)+3))
	points = min(max(points, 40), 400)
	for i := range s.Runs {
		r := &s.Runs[i]
		c := curves{Label: r.Label, Name: r.Name, Colour: r.Colour, Status: string(r.Status), X: map[string][]number{}}
		var rows []int
		if r.Metrics != nil {
			rows = thin(r.Metrics.Column(result.ColumnTotal), len(r.Metrics.Rows), points)
			d.Thin = d.Thin || len(rows) < len(r.Metrics.Rows)
		}
		for _, x := range []string{result.ColumnStep, result.ColumnEvaluations, result.ColumnSeconds} {
			if xs, _ := r.curve(x, result.ColumnTotal); xs != nil {
				c.X[x] = pick(xs, rows)
			}
		}
		for _, q := range d.Series {
			c.Y = append(c.Y, pick(r.Metrics.Column(q.Key), rows))
		}
		d.Runs = append(d.Runs, c)
	}
	return d
}

// thin chooses at most some n of the rows: the first twenty, where most happens,
// the last, and of equal stretches between them the lowest and the highest total,
// so that no spike is lost.
func thin(total []float64, rows, n int) []int {
	const first = 20
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
