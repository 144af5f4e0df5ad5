package result

import "math"

// Speed is how fast a run came near its final value.
type Speed struct {
	Step        int     // the first step after which the value stays near the last one
	Evaluations int     // of the objective until this step
	Seconds     float64 // spent on steps until this step; NaN if times.csv does not contain it
}

// NearEnd is the part of the last total within which a run is near its end.
const NearEnd = 0.05

// Arrival returns how fast a completed run came near its last total.
func (s RunState) Arrival() (Speed, bool) {
	if s.Status != Done {
		return Speed{}, false
	}
	return SpeedTo(s.Metrics, s.Times, ColumnTotal, NearEnd)
}

// SpeedTo finds the first logged step from which on a column of the metrics stays
// within a part (0.05 for 5 %) of its last value: |v - last| <= part |last|. Its
// resolution is that of metrics.csv ([log] every). ok is false if there is no such
// column, no row, or if the last value is not finite.
// such column, no row, or a last value that is not finite.
//
// The seconds depend on the machine and its load. So they are here and not in
// measures.json.
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
	for first > 0 && math.Abs(values[first-1]-last) <= part*math.Abs(last) { // false for NaN
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
