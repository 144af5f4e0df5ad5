package nst

import (
	"io"

	"github.com/gonst/workbench/nst/internal/vec"
)

var (
	_ Resumable = (*RMSProp)(nil)
	_ Resampler = (*RMSProp)(nil)
)

// RMSProp divides the gradient by its running root mean square (Hinton's
// lecture 6e, 2012), as torch.optim.RMSprop has it:
//
//	v = Alpha*v + (1-Alpha)*g²
//	m = Alpha*m + (1-Alpha)*g                 Centered only (Graves 2013)
//	a = g / (sqrt(v) + Epsilon)               or, Centered, g / (sqrt(v-m²) + Epsilon)
//	b = Momentum*b + a
//	x = x - rate*b
//
// v starts at zero, uncorrected: the first step is 1/sqrt(1-Alpha) times the rate, ten times by default.
type RMSProp struct {
	Alpha    float64 // decay of the averages, in [0, 1); 0: 0.99
	Epsilon  float64 // added to the root mean square, in units of the gradient, above 0; 0: 1e-8
	Momentum float64 // in [0, 1); 0, the default: none
	Centered bool    // divide by the standard deviation in place of the root mean square

	n      int
	ready  bool
	grad   []float32 // scratch
	square []float32 // v
	mean   []float32 // m; nil unless Centered
	buffer []float32 // b; nil without momentum
}

// Validate returns an error for an invalid option.
func (o *RMSProp) Validate() error {
	switch {
	case !fraction(o.Alpha):
		return badOption("RMSProp.Alpha", o.Alpha, "0 (the default, 0.99) to below 1")
	case o.Epsilon != 0 && !(positive(o.Epsilon) && float32(o.Epsilon) > 0):
		return badOption("RMSProp.Epsilon", o.Epsilon, "0 (the default, 1e-8) or a finite number of at least 1e-45")
	case !fraction(o.Momentum):
		return badOption("RMSProp.Momentum", o.Momentum, "0 to below 1")
	}
	return nil
}

// Init implements Optimizer.
func (o *RMSProp) Init(n int) {
	o.n, o.ready = max(n, 0), true
	o.grad = make([]float32, o.n)
	o.square = make([]float32, o.n)
	o.mean, o.buffer = nil, nil
	if o.Centered {
		o.mean = make([]float32, o.n)
	}
	if o.Momentum != 0 {
		o.buffer = make([]float32, o.n)
	}
}

// Step implements Optimizer.
func (o *RMSProp) Step(f Func, x []float32, rate float64) (Evaluation, error) {
	if err := o.Validate(); err != nil {
		return Evaluation{}, err
	}
	if !o.ready {
		o.Init(len(x))
	}
	if err := checkStep("RMSProp", o.n, f, x, rate); err != nil {
		return Evaluation{}, err
	}
	if (o.buffer != nil) != (o.Momentum != 0) || (o.mean != nil) != o.Centered {
		return Evaluation{}, errChanged("RMSProp")
	}
	e, err := evaluate(f, x, o.grad)
	if err != nil {
		return e, err
	}
	alpha := orDefault(o.Alpha, 0.99)
	var (
		keep, take = float32(alpha), float32(1 - alpha)
		epsilon    = float32(orDefault(o.Epsilon, 1e-8))
		momentum   = float32(o.Momentum)
		r          = float32(rate)
	)
	for i, g := range o.grad {
		v := float32(keep*o.square[i]) + float32(take*float32(g*g))
		o.square[i] = v
		if o.mean != nil {
			m := float32(keep*o.mean[i]) + float32(take*g)
			o.mean[i] = m
			// Rounding can make a variance of nearly zero negative; torch then gets NaN.
			v = max(0, v-float32(m*m))
		}
		a := g / (vec.Sqrt(v) + epsilon)
		if o.buffer != nil {
			a += float32(momentum * o.buffer[i])
			o.buffer[i] = a
		}
		x[i] -= float32(r * a)
	}
	return e, nil
}

// vectors returns the vectors of the state.
func (o *RMSProp) vectors() [][]float32 {
	all := [][]float32{o.square}
	if o.mean != nil {
		all = append(all, o.mean)
	}
	if o.buffer != nil {
		all = append(all, o.buffer)
	}
	return all
}

// Resample implements Resampler: it resamples the means and the momentum. Both means have
// the same filter, so that the mean square stays at least the square of the mean.
func (o *RMSProp) Resample(n int, signed, positive func(dst, src []float32)) error {
	o.n, o.grad = n, make([]float32, n)
	o.square = resampled(n, positive, o.square)
	if o.mean != nil {
		o.mean = resampled(n, positive, o.mean)
	}
	if o.buffer != nil {
		o.buffer = resampled(n, signed, o.buffer)
	}
	return nil
}

func (o *RMSProp) state() *state {
	s := &state{kind: stateRMSProp, n: o.n}
	s.flag(o.mean != nil)
	s.flag(o.buffer != nil)
	s.vector(o.vectors()...)
	return s
}

// StateSize implements Resumable.
func (o *RMSProp) StateSize() int64 { return o.state().size() }

// WriteState implements Resumable.
func (o *RMSProp) WriteState(w io.Writer) error { return o.state().write(w) }

// ReadState implements Resumable.
func (o *RMSProp) ReadState(from io.Reader, size int64) error {
	r := openState(stateRMSProp, o.n, from, size)
	if c := r.flag("the mean's flag"); c != (o.mean != nil) {
		r.fail("Centered is %v in it and %v here", c, o.mean != nil)
	}
	if m := r.flag("the momentum's flag"); m != (o.buffer != nil) {
		r.fail("it has a momentum: %v; this RMSProp has one: %v", m, o.buffer != nil)
	}
	all := o.vectors()
	if err := r.expect(0, len(all)); err != nil {
		return err
	}
	return r.vectors(all...)
}
