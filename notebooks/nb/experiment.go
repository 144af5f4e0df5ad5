package nb

import (
	"bytes"
	"fmt"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/nst"
)

// Recorded returns a run of a results directory as a Run whose curves can be drawn. A
// run that has logged nothing yet has no records.
func Recorded(s result.RunState) Run {
	r := Run{Name: s.Name}
	if s.Metrics == nil {
		return r
	}
	weights := map[string]float64{}
	if s.Run != nil {
		for _, t := range s.Run.Terms {
			weights[t.Name] = float64(t.Weight)
		}
	}
	column := func(m *result.Metrics, name string, row int) float64 {
		if m == nil {
			return 0
		}
		if values := m.Column(name); row < len(values) {
			return values[row]
		}
		return 0
	}
	for row := range s.Metrics.Len() {
		record := nst.Record{
			Step:        int(column(s.Metrics, result.ColumnStep, row)),
			Evaluations: int(column(s.Metrics, result.ColumnEvaluations, row)),
			Seconds:     column(s.Times, result.ColumnSeconds, row),
			Rate:        column(s.Metrics, result.ColumnRate, row),
			Total:       column(s.Metrics, result.ColumnTotal, row),
		}
		for _, name := range s.Metrics.Terms() {
			weight, known := weights[name]
			if !known {
				weight = 1
			}
			record.Terms = append(record.Terms, nst.TermValue{Name: name, Weight: weight, Value: column(s.Metrics, name, row)})
		}
		r.Trace = append(r.Trace, record)
	}
	return r
}

// mostBytes is the size limit for picture files.
const mostBytes = 256 << 20

// RecordedImage returns the picture of a run of a results directory.
func RecordedImage(e *result.Experiment, s result.RunState) (*nst.Image, error) {
	if s.Image == "" {
		return nil, fmt.Errorf("nb: run %s has no picture: it is %s", s.Name, s.Status)
	}
	b, err := e.ReadFile(s.Image, mostBytes)
	if err != nil {
		return nil, err
	}
	return nst.Decode(bytes.NewReader(b), nst.LoadOptions{})
}
