package nst

import "errors"

// Record is what one step was, in numbers. All are of the image as it was
// before the step moved it; the record after the last step is of the result.
type Record struct {
	Step        int     // from 0
	Stage       int     // from 0
	Evaluations int     // of the objective when this value was known: a line search makes several a step
	Seconds     float64 // since the run began or was resumed, set-up not counted
	Rate        float64 // the learning rate of the step
	Total       float64 // the sum of Weight * Value over the terms, but for those in the gradient only
	Terms       []TermValue
}

// TermValue is a term's value: the sum of Weight * Value over its layers. It
// does not include the term's own Weight, so that runs with other weights can
// be compared. The weight is negative where the term is maximised.
type TermValue struct {
	Name   string
	Weight float64
	Value  float64
	Layers []LayerValue
}

// LayerValue is a part of a term: the loss at one layer, without its weight.
type LayerValue struct {
	Layer  string
	Weight float64
	Value  float64
}

// Step is what an observer sees of a step: its record, and more if it asks.
// It is good until Observe returns.
type Step struct {
	Record
	Steps int // how many there are to be
	run   *running
}

// Image is a copy of the image that the record is of.
func (s *Step) Image() *Image { return s.run.imageOf(s.run.before) }

// Checkpoint is the state after the step, from which Resume continues. It is no copy:
// write it before Observe returns. ErrNotResumable: the optimiser has no state that
// can be saved.
func (s *Step) Checkpoint() (*Checkpoint, error) { return s.run.checkpoint() }

// Observer is told of steps as they are done, on the goroutine of the run. An
// error stops the run; ErrStop stops it without being reported as one.
type Observer interface {
	Observe(s *Step) error
}

// ObserverFunc makes an observer of a function.
type ObserverFunc func(s *Step) error

// Observe calls the function.
func (f ObserverFunc) Observe(s *Step) error { return f(s) }

// ErrStop is returned by an observer that wants the run to end here.
var ErrStop = errors.New("nst: stopped by an observer")
