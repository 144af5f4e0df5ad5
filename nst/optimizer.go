package nst

// What an optimiser is: the objective it sees, the step it takes, the errors it
// gives. One algorithm a file: sgd.go, adam.go, rmsprop.go, lbfgs.go.

import (
	"errors"
	"io"
	"math"

	"github.com/gonst/workbench/nst/internal/vec"
)

// Evaluation is the objective at one point.
type Evaluation struct {
	Number int     // number of the evaluation, from 1; identifies the point
	Loss   float64 // value to minimise
	finite bool    // the whole gradient was checked and is finite
}

// Func evaluates the objective at x and writes the whole gradient into grad. grad has
// the length of x and may contain anything before the call. Func does not change x and
// keeps neither slice. Step returns an error of Func unchanged.
type Func func(x, grad []float32) (Evaluation, error)

// Optimizer moves x towards a minimum of an objective, one iteration in each call of
// Step. The zero value of each optimiser of this package is ready for use with the
// defaults stated on its fields. Do not change the fields between Init and the last
// Step. An Optimizer is not safe for concurrent use.
type Optimizer interface {
	// Init resets the state and prepares for n variables. If Step is called without
	// Init, it calls Init with the length of x.
	Init(n int)

	// Step evaluates the objective at x, then moves x. It returns the evaluation at x
	// before the move. rate is the learning rate, finite and 0 or more. The caller may
	// change x between steps, for example to clamp it to the range of pixels.
	//
	// After an error neither x nor the optimiser's state has changed: the caller may
	// call Step again, or save the state and continue later. Errors: an error of f;
	// ErrConverged, with a valid evaluation; ErrNotFinite; an invalid rate, option or
	// length of x.
	Step(f Func, x []float32, rate float64) (Evaluation, error)
}

// Resumable is an Optimizer whose state can be saved, so that a run can continue from a
// Checkpoint.
type Resumable interface {
	Optimizer

	// StateSize returns the number of bytes that WriteState writes now.
	StateSize() int64

	// WriteState writes the whole state, bit for bit. It does not write the options.
	WriteState(w io.Writer) error

	// ReadState restores a state of size bytes. The optimiser must have the same
	// options, and Init must have been called with the same number of variables. An
	// error for a state of another optimiser, another number of variables or a wrong
	// size changes nothing. After a read error of r, call Init before the next use.
	ReadState(r io.Reader, size int64) error
}

// ParallelOptimizer is an Optimizer that can use the threads of a run.
type ParallelOptimizer interface {
	Optimizer
	// UseParallel sets p. It is called before Init. The results are bit-identical for
	// any number of threads.
	UseParallel(p Parallel)
}

// RatedOptimizer is an Optimizer with its own default learning rate. A transfer without a
// Schedule uses this rate, or 0.02 for other optimisers.
type RatedOptimizer interface {
	Optimizer
	DefaultRate() float64
}

// Validator is implemented by an Optimizer, Schedule, Start or Loss that can check its
// options. A transfer calls Validate on all of them before it reads or computes anything.
type Validator interface {
	Validate() error
}

// validate calls v.Validate if v is a Validator.
func validate(v any) error {
	if v, ok := v.(Validator); ok {
		return v.Validate()
	}
	return nil
}

// ErrConverged is returned by Step, wrapped with the reason, if no further descent is
// possible: the gradient is zero, or the line search found no lower point.
var ErrConverged = errors.New("nst: converged")

// ErrNotFinite is returned by Step, wrapped with the place, if the loss or its gradient
// is NaN or infinite.
var ErrNotFinite = errors.New("nst: not finite")

// evaluate calls f and returns an error if the loss or the gradient is not finite.
func evaluate(f Func, x, grad []float32) (Evaluation, error) {
	e, err := f(x, grad)
	if err != nil {
		return e, err
	}
	if math.IsNaN(e.Loss) || math.IsInf(e.Loss, 0) {
		return e, errorf("%w: the loss is %v at evaluation %d: a lower learning rate may help", ErrNotFinite, e.Loss, e.Number)
	}
	if e.finite {
		return e, nil
	}
	if i := vec.NotFinite(grad); i >= 0 {
		return e, errorf("%w: the gradient is %v at variable %d of %d, at evaluation %d: a lower learning rate may help",
			ErrNotFinite, grad[i], i, len(grad), e.Number)
	}
	return e, nil
}

// checkStep checks the arguments of Step for the optimiser called name with n variables.
func checkStep(name string, n int, f Func, x []float32, rate float64) error {
	switch {
	case f == nil:
		return errorf("%s.Step: no objective: f is nil", name)
	case len(x) != n:
		return errorf("%s.Step: x has %d variables, the optimiser was prepared for %d: call Init(%d)", name, len(x), n, len(x))
	case !(rate >= 0) || math.IsInf(rate, 1):
		return errorf("%s.Step: the rate is %v: it must be finite and not negative", name, rate)
	}
	return nil
}

// badOption returns the error for a field with an invalid value.
func badOption(field string, value any, allowed string) error {
	return errorf("%s is %v: allowed is %s", field, value, allowed)
}

// errChanged returns the error for options that changed after Init.
func errChanged(name string) error {
	return errorf("%s.Step: the options were changed after Init: call Init again", name)
}

// orDefault returns v, or otherwise if v is zero.
func orDefault(v, otherwise float64) float64 {
	if v == 0 {
		return otherwise
	}
	return v
}

// positive reports whether v is finite and greater than 0; false for NaN.
func positive(v float64) bool { return v > 0 && v <= math.MaxFloat64 }

// fraction reports whether v is in [0, 1); false for NaN.
func fraction(v float64) bool { return v >= 0 && v < 1 }
