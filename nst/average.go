package nst

import (
	"io"
	"math"
)

// average is the exponential average of the iterates of a stage, corrected for its short
// history as Adam's means are (Kingma and Ba 2015, section 3).
type average struct {
	decay  float64
	weight float64   // of all iterates in sum: 1 - decay^n
	sum    []float32 // of (1-decay) decay^k times the iterate k steps ago
}

// reset makes the average empty, for n variables.
func (a *average) reset(n int) { a.weight, a.sum = 0, make([]float32, n) }

// add adds the next iterate.
func (a *average) add(x []float32) {
	keep, take := float32(a.decay), float32(1-a.decay)
	for i, v := range x {
		a.sum[i] = float32(keep*a.sum[i]) + float32(take*v)
	}
	a.weight = a.decay*a.weight + (1 - a.decay)
}

// mean returns the average of what was added. Something must have been added.
func (a *average) mean() []float32 {
	m, w := make([]float32, len(a.sum)), float32(a.weight)
	for i, v := range a.sum {
		m[i] = v / w
	}
	return m
}

// with returns the average of what was added and x, which it does not add.
func (a *average) with(x []float32) []float32 {
	if a.weight == 0 {
		return append([]float32(nil), x...)
	}
	m := &average{a.decay, a.weight, append([]float32(nil), a.sum...)}
	m.add(x)
	return m.mean()
}

// outcome returns the image that the run would return now: x, or the average.
func (r *running) outcome() []float32 {
	if r.average == nil {
		return r.x
	}
	return r.average.with(r.x)
}

// resumable returns what a checkpoint saves and restores besides the image.
func (r *running) resumable() (resumableState, bool) {
	o, ok := r.optimizer.(Resumable)
	if ok && r.average != nil {
		return &averagedState{o, r.average}, true
	}
	return o, ok
}

// resumableState is an optimiser's state, or that and an average.
type resumableState interface {
	savedState
	ReadState(r io.Reader, size int64) error
}

// averagedState is the state of an optimiser, followed by an average.
type averagedState struct {
	of Resumable
	*average
}

func (s *averagedState) state() *state {
	e := &state{kind: stateAverage, n: len(s.sum)}
	e.float(s.weight)
	e.vector(s.sum)
	return e
}

func (s *averagedState) StateSize() int64 { return s.of.StateSize() + s.state().size() }

func (s *averagedState) WriteState(w io.Writer) error {
	if err := s.of.WriteState(w); err != nil {
		return err
	}
	return s.state().write(w)
}

func (s *averagedState) ReadState(from io.Reader, size int64) error {
	own := s.state().size()
	if err := s.of.ReadState(from, size-own); err != nil {
		return err
	}
	r := openState(stateAverage, len(s.sum), from, own)
	weight := r.float()
	if err := r.expect(0, 1); err != nil {
		return err
	}
	if !(weight >= 0 && weight <= 1) || math.Signbit(weight) {
		r.fail("its weight is %v, from 0 to 1 is possible", weight)
		return r.err
	}
	s.weight = weight
	return r.vectors(s.sum)
}
