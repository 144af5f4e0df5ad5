package result

import "math"

// Speed is how soon a run came near its end.
type Speed struct {
	Step        int     // the first step from which on the value stays near the last
	Evaluations int     // of the objective until then
	Seconds     float64 // spent on steps until then; NaN where times.csv does not say
}

// NearEnd is the part of the last total within which a run counts as arrived.
const NearEnd = 0.05

// Arrival is how soon a run that is done came near its last total.
func (s RunState) Arrival() (Speed, bool) {
	if s.Status != Done {
		return Speed{}, false
	}
	return SpeedTo(s.Metrics, s.Times, ColumnTotal, NearEnd)
}

// SpeedTo finds the first logged step from which on a column of the metrics
// stays within a part (0.05 for 5 %) of its last value: |v - last| <= part |last|.
// It is as fine as metrics.csv is ([log] every). ok is false where there is no
// such column, no row, or a last value that is not finite.
//
// The seconds are of the machine and the hour. That is why they are here and not
// in measures.json.
func SpeedTo(metrics, times *Metrics, column string, part float64) (s Speed, ok bool) {
	values := metrics.Column(column)
	steps, evaluations := metrics.Column(ColumnStep), metrics.Column(ColumnEvaluations)
	if len(values) == 0 || steps == nil || evaluations == nil {
		return Speed{}, false
	}
	last := values[len(values)-1]
	if math.IsNaN(last) || math.IsInf(last, 0) {
		return Speed{}, false
	}
	first := len(values) - 1
	for first > 0 && math.Abs(values[first-1]-last) <= part*math.Abs(last) { // never of NaN
		first--
	}
	s = Speed{Step: int(steps[first]), Evaluations: int(evaluations[first]), Seconds: math.NaN()}
	at, seconds := times.Column(ColumnStep), times.Column(ColumnSeconds)
	if seconds == nil {
		return s, true
	}
	for i, step := range at {
		if step == steps[first] {
			s.Seconds = seconds[i]
		}
	}
	return s, true
}
