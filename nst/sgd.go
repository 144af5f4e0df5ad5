package nst

import "io"

var (
	_ Resumable = (*SGD)(nil)
	_ Resampler = (*SGD)(nil)
)

// SGD is gradient descent with optional momentum, as in torch.optim.SGD:
//
//	b = g                                  the first time
//	b = Momentum*b + (1-Dampening)*g       afterwards
//	x = x - rate*b                         or, for Nesterov, x - rate*(g + Momentum*b)
//
// In Sutskever et al. 2013 the rate is inside b.
type SGD struct {
	Momentum  float64 // in [0, 1); 0, the default: none
	Dampening float64 // in [0, 1]; the default is 0; requires Momentum
	Nesterov  bool    // look ahead along the momentum; requires Momentum and no Dampening

	n      int
	ready  bool
	begun  bool      // the momentum buffer is set
	grad   []float32 // scratch
	buffer []float32 // b; nil without momentum
}

// Validate returns an error for an invalid option.
func (o *SGD) Validate() error {
	switch {
	case !fraction(o.Momentum):
		return badOption("SGD.Momentum", o.Momentum, "0 to below 1")
	case !(o.Dampening >= 0 && o.Dampening <= 1):
		return badOption("SGD.Dampening", o.Dampening, "0 to 1")
	case o.Dampening != 0 && o.Momentum == 0:
		return badOption("SGD.Dampening", o.Dampening, "0 where SGD.Momentum is 0")
	case o.Nesterov && o.Momentum == 0:
		return badOption("SGD.Nesterov", o.Nesterov, "false where SGD.Momentum is 0")
	case o.Nesterov && o.Dampening != 0:
		return badOption("SGD.Dampening", o.Dampening, "0 where SGD.Nesterov is set")
	}
	return nil
}

// Init implements Optimizer.
func (o *SGD) Init(n int) {
	o.n, o.ready, o.begun = max(n, 0), true, false
	o.grad = make([]float32, o.n)
	o.buffer = nil
	if o.Momentum != 0 {
		o.buffer = make([]float32, o.n)
	}
}

// Step implements Optimizer.
func (o *SGD) Step(f Func, x []float32, rate float64) (Evaluation, error) {
	if err := o.Validate(); err != nil {
		return Evaluation{}, err
	}
	if !o.ready {
		o.Init(len(x))
	}
	if err := checkStep("SGD", o.n, f, x, rate); err != nil {
		return Evaluation{}, err
	}
	if (o.buffer != nil) != (o.Momentum != 0) {
		return Evaluation{}, errChanged("SGD")
	}
	e, err := evaluate(f, x, o.grad)
	if err != nil {
		return e, err
	}
	r := float32(rate)
	if o.buffer == nil {
		for i, g := range o.grad {
			x[i] -= float32(r * g)
		}
		return e, nil
	}
	momentum, fresh := float32(o.Momentum), float32(1-o.Dampening)
	if !o.begun {
		copy(o.buffer, o.grad)
	}
	for i, g := range o.grad {
		b := o.buffer[i]
		if o.begun {
			b = float32(momentum*b) + float32(fresh*g)
			o.buffer[i] = b
		}
		if o.Nesterov {
			b = g + float32(momentum*b)
		}
		x[i] -= float32(r * b)
	}
	o.begun = true
	return e, nil
}

// Resample implements Resampler: it resamples the momentum.
func (o *SGD) Resample(n int, signed, _ func(dst, src []float32)) error {
	o.n, o.grad = n, make([]float32, n)
	if o.buffer != nil {
		o.buffer = resampled(n, signed, o.buffer)
	}
	return nil
}

func (o *SGD) state() *state {
	s := &state{kind: stateSGD, n: o.n}
	s.flag(o.begun)
	if o.begun {
		s.vector(o.buffer)
	}
	return s
}

// StateSize implements Resumable.
func (o *SGD) StateSize() int64 { return o.state().size() }

// WriteState implements Resumable.
func (o *SGD) WriteState(w io.Writer) error { return o.state().write(w) }

// ReadState implements Resumable.
func (o *SGD) ReadState(from io.Reader, size int64) error {
	r := openState(stateSGD, o.n, from, size)
	begun := r.flag("the momentum's flag")
	if begun && o.buffer == nil {
		r.fail("it has a momentum, this SGD has none")
	}
	var vectors [][]float32
	if begun {
		vectors = [][]float32{o.buffer}
	}
	if err := r.expect(0, len(vectors)); err != nil {
		return err
	}
	o.begun = begun
	return r.vectors(vectors...)
}
