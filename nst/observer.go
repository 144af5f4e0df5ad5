package nst

import "errors"

// Record is the data of one step. All values belong to the image before the step moved
// it; the record after the last step belongs to the result.
type Record struct {
	Step        int     // from 0
	Stage       int     // from 0
	Evaluations int     // number of evaluations of the objective so far; a line search makes several in a step
	Seconds     float64 // since the run began or was resumed, without set-up
	Rate        float64 // learning rate of the step
	Total       float64 // sum of Weight * Value over the terms, without terms that are GradientOnly
	Terms       []TermValue
}

// TermValue is the value of a term: the sum of Weight * Value over its layers. It does
// not include the term's own Weight, so that runs with different weights can be
// compared. Weight is negative if the term is maximised.
type TermValue struct {
	Name   string
	Weight float64
	Value  float64
	Layers []LayerValue
}

// LayerValue is one part of a term: the loss at one layer, without its weight.
type LayerValue struct {
	Layer  string
	Weight float64
	Value  float64
}

// Step gives an observer the record of a step, and the image and the checkpoint on
// request. It is valid until Observe returns.
type Step struct {
	Record
	Steps int // number of steps of the run
	run   *running
}

// Image returns a copy of the image that the record belongs to. If the transfer averages
// its iterates, it is the average of these images so far.
func (s *Step) Image() *Image {
	if s.run.average != nil && !s.run.finished {
		return s.run.imageOf(s.run.average.mean())
	}
	return s.run.imageOf(s.run.before)
}

// Checkpoint returns the state after the step, from which Resume continues. It is not a
// copy: write it before Observe returns. The error is ErrNotResumable if the optimiser
// has no state that can be saved.
func (s *Step) Checkpoint() (*Checkpoint, error) { return s.run.checkpoint() }

// Observer observes the steps of a run. The run calls Observe after a step, on its own
// goroutine. An error stops the run. ErrStop stops the run without an error.
type Observer interface {
	Observe(s *Step) error
}

// Finisher is an Observer that is also told how the run ended. The run calls Finish once,
// with the result that it returns, also if it was cancelled or failed. It does not call
// Finish if it could not start.
type Finisher interface {
	Observer
	Finish(r *Result)
}

// ObserverFunc makes an Observer from a function.
type ObserverFunc func(s *Step) error

// Observe calls the function.
func (f ObserverFunc) Observe(s *Step) error { return f(s) }

// ErrStop is returned by an observer to stop the run.
var ErrStop = errors.New("nst: stopped by an observer")
