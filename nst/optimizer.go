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
	Number int     // counts evaluations from 1; lets the caller find what else it knows of that point
	Loss   float64 // the value that is minimised
	finite bool    // the gradient was looked at: all of it is finite
}

// Func evaluates the objective at x and writes its whole gradient into grad,
// which has x's length and whatever was left in it. It never writes to x, and it
// keeps neither slice. An error ends the step and reaches the caller of Step as it is.
type Func func(x, grad []float32) (Evaluation, error)

// Optimizer moves x towards a minimum of an objective, one iteration a call.
// The zero value of each optimiser of this package is ready for use with the
// defaults stated on its fields; the fields must not be changed between Init
// and the last Step. An Optimizer is not safe for concurrent use.
type Optimizer interface {
	// Init forgets everything and prepares for n variables. A first Step
	// without Init does this for the length of its x.
	Init(n int)

	// Step finds the objective at x, then moves x. It returns the evaluation
	// at x as it was found, before the move. rate is the learning rate: finite
	// and not negative. The caller may change x between steps (clamp it to the
	// range of pixels, say).
	//
	// On an error neither x nor the optimiser's state has changed: the same call
	// may be made again, or the state saved, and the run goes on as if nothing had
	// happened. Errors: what f returned; ErrConverged, with a valid evaluation;
	// ErrNotFinite; a rate, an option or a length of x that cannot be.
	Step(f Func, x []float32, rate float64) (Evaluation, error)
}

// Resumable is an Optimizer whose state can be saved, so that a run can be continued
// from a Checkpoint.
type Resumable interface {
	Optimizer

	// StateSize is how many bytes WriteState writes now.
	StateSize() int64

	// WriteState writes the whole state, exact to the bit, without the options.
	WriteState(w io.Writer) error

	// ReadState restores a state of that size into an optimiser with the same options
	// after Init with the same number of variables. It refuses another optimiser's
	// state, one for another number of variables and one of a wrong size, and then
	// changes nothing. After an error of r the optimiser must be prepared by Init.
	ReadState(r io.Reader, size int64) error
}

// ParallelOptimizer is an Optimizer that shares its work among the threads of a run.
type ParallelOptimizer interface {
	Optimizer
	// UseParallel is called before Init. The same bits come out for any number of threads.
	UseParallel(p Parallel)
}

// RatedOptimizer is an Optimizer with a learning rate of its own, which a transfer
// without a Schedule uses. For others that is 0.02.
type RatedOptimizer interface {
	Optimizer
	DefaultRate() float64
}

// Validator is an Optimizer, a Schedule, a Start or a Loss that can say what is wrong
// with its options before anything is read or computed. A transfer asks every one.
type Validator interface {
	Validate() error
}

// validate asks v if it is a Validator.
func validate(v any) error {
	if v, ok := v.(Validator); ok {
		return v.Validate()
	}
	return nil
}

// ErrConverged is what Step returns, wrapped with the reason, where no further
// descent is possible: the gradient is zero, or no lower point can be found.
var ErrConverged = errors.New("nst: converged")

// ErrNotFinite is what Step returns, wrapped with the place, where the loss or
// its gradient is NaN or infinite.
var ErrNotFinite = errors.New("nst: not finite")

// evaluate calls f and refuses what is not finite.
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

// checkStep looks at the arguments of a Step of the optimiser called name, prepared for n variables.
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

// badOption is the error about a field whose value cannot be.
func badOption(field string, value any, allowed string) error {
	return errorf("%s is %v: allowed is %s", field, value, allowed)
}

// errChanged is the error about options that are not those that Init found.
func errChanged(name string) error {
	return errorf("%s.Step: the options were changed after Init: call Init again", name)
}

// orDefault is v, or the default where v is the zero value.
func orDefault(v, otherwise float64) float64 {
	if v == 0 {
		return otherwise
	}
	return v
}

// positive says whether v is finite and greater than 0; NaN is not.
func positive(v float64) bool { return v > 0 && v <= math.MaxFloat64 }

// fraction says whether v is in [0, 1); NaN is not.
func fraction(v float64) bool { return v >= 0 && v < 1 }
