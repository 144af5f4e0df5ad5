package nst

import (
	"io"
	"math"

	"github.com/gonst/workbench/nst/internal/vec"
)

var (
	_ Resumable = (*Adam)(nil)
	_ Resampler = (*Adam)(nil)
)

// Adam is Kingma and Ba's method (2015, algorithm 1), with torch.optim.Adam's place for Epsilon:
//
//	m = Beta1*m + (1-Beta1)*g
//	v = Beta2*v + (1-Beta2)*g²
//	x = x - rate/(1-Beta1^t) * m / (sqrt(v)/sqrt(1-Beta2^t) + Epsilon)      t = 1, 2, …
//
// The rate is in units of x: early steps move each variable by about that much.
type Adam struct {
	Beta1   float64 // decay of the mean gradient, in [0, 1); 0: 0.9. Use a tiny value, such as 1e-30, for no decay
	Beta2   float64 // decay of the mean square, in [0, 1); 0: 0.999
	Epsilon float64 // added to the root mean square, in units of the gradient, above 0; 0: 1e-8
	// EpsilonHat adds Epsilon before the correction of the root mean square,
	// m / ((sqrt(v)+Epsilon) / sqrt(1-Beta2^t)), as TensorFlow and Keras do (Kingma and
	// Ba's epsilon hat). It makes a difference if Epsilon is large.
	EpsilonHat bool

	n      int
	ready  bool
	step   int       // t
	grad   []float32 // scratch
	mean   []float32 // m
	square []float32 // v
}

// Validate returns an error for an invalid option.
func (o *Adam) Validate() error {
	switch {
	case !fraction(o.Beta1):
		return badOption("Adam.Beta1", o.Beta1, "0 (the default, 0.9) to below 1")
	case !fraction(o.Beta2):
		return badOption("Adam.Beta2", o.Beta2, "0 (the default, 0.999) to below 1")
	case o.Epsilon != 0 && !(positive(o.Epsilon) && float32(o.Epsilon) > 0):
		return badOption("Adam.Epsilon", o.Epsilon, "0 (the default, 1e-8) or a finite number of at least 1e-45")
	}
	return nil
}

// Init implements Optimizer.
func (o *Adam) Init(n int) {
	o.n, o.ready, o.step = max(n, 0), true, 0
	o.grad = make([]float32, o.n)
	o.mean = make([]float32, o.n)
	o.square = make([]float32, o.n)
}

// Step implements Optimizer.
func (o *Adam) Step(f Func, x []float32, rate float64) (Evaluation, error) {
	if err := o.Validate(); err != nil {
		return Evaluation{}, err
	}
	if !o.ready {
		o.Init(len(x))
	}
	if err := checkStep("Adam", o.n, f, x, rate); err != nil {
		return Evaluation{}, err
	}
	e, err := evaluate(f, x, o.grad)
	if err != nil {
		return e, err
	}
	o.step++
	beta1, beta2 := orDefault(o.Beta1, 0.9), orDefault(o.Beta2, 0.999)
	t := float64(o.step)
	var (
		keep1, take1 = float32(beta1), float32(1 - beta1)
		keep2, take2 = float32(beta2), float32(1 - beta2)
		epsilon      = float32(orDefault(o.Epsilon, 1e-8))
		size         = float32(rate / (1 - math.Pow(beta1, t)))
		root         = float32(math.Sqrt(1 - math.Pow(beta2, t)))
	)
	if o.EpsilonHat {
		epsilon /= root
	}
	for i, g := range o.grad {
		m := float32(keep1*o.mean[i]) + float32(take1*g)
		v := float32(keep2*o.square[i]) + float32(take2*float32(g*g))
		o.mean[i], o.square[i] = m, v
		x[i] -= float32(size * float32(m/(float32(vec.Sqrt(v)/root)+epsilon)))
	}
	return e, nil
}

// Resample implements Resampler: it resamples both means and keeps the count of steps.
func (o *Adam) Resample(n int, signed, positive func(dst, src []float32)) error {
	o.n, o.grad = n, make([]float32, n)
	o.mean, o.square = resampled(n, signed, o.mean), resampled(n, positive, o.square)
	return nil
}

func (o *Adam) state() *state {
	s := &state{kind: stateAdam, n: o.n}
	s.int(o.step)
	s.vector(o.mean, o.square)
	return s
}

// StateSize implements Resumable.
func (o *Adam) StateSize() int64 { return o.state().size() }

// WriteState implements Resumable.
func (o *Adam) WriteState(w io.Writer) error { return o.state().write(w) }

// ReadState implements Resumable.
func (o *Adam) ReadState(from io.Reader, size int64) error {
	r := openState(stateAdam, o.n, from, size)
	step := r.int("the number of steps", math.MaxInt-1)
	if err := r.expect(0, 2); err != nil {
		return err
	}
	o.step = step
	return r.vectors(o.mean, o.square)
}
