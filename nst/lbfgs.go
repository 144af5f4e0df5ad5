package nst

import (
	"fmt"
	"io"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/vec"
)

var (
	_ ParallelOptimizer = (*LBFGS)(nil)
	_ RatedOptimizer    = (*LBFGS)(nil)
	_ Resumable         = (*LBFGS)(nil)
)

// maxHistory is the largest value of LBFGS.History.
const maxHistory = 1000

// LBFGS is the limited-memory BFGS method. The direction is the negative gradient times an
// approximation of the inverse Hessian, which is built from the last changes s of x and
// y of the gradient (Nocedal and Wright 2006, algorithm 7.4, with the initial matrix of
// equation 7.20). The step is the direction times the rate, usually 1. The first step is
// also multiplied by min(1, 1/sum|g|). If StrongWolfe finds no lower point there, because the
// decrease is less than the rounding of the loss, it tries 100, 1e4 and 1e6 times that step;
// torch stays where it is.
//
// With LineSearch FixedStep or StrongWolfe, the results are those of torch.optim.LBFGS with that
// line search and one inner iteration in each Step. If
// the caller changes x between steps, for example by clamping it, s is the actual change
// of x, unless Blind is set.
//
// The thresholds of the curvature are absolute, as in torch: scale up an objective whose
// values are below 1e-6.
//
// Memory: 2*(History+1) + 5 vectors of x's length, and 4 more with StrongWolfe.
type LBFGS struct {
	// History is the number of pairs (s, y) to keep, 1 to 1000; 0: 10. Nocedal and Wright
	// find that 3 to 20 are enough. Every pair takes two vectors in memory and in each
	// saved state: at 512x512, 10 pairs are 63 MB and 100 pairs are 629 MB. The
	// published style transfer systems use torch's default of 100.
	History int
	// LineSearch is StrongWolfe or FixedStep; empty: StrongWolfe, which never increases
	// the objective. Fixed steps, torch's default, can multiply it in the first steps.
	LineSearch LineSearch
	// MaxEvaluations is the largest number of evaluations of one line search after its
	// first, 1 to 1000; 0: 25, torch's max_ls. FixedStep does not use it.
	MaxEvaluations int
	// ToleranceGradient ends the run with ErrConverged if no |g[i]| is greater; 0: only
	// if the gradient is zero. torch's default is 1e-7, which stops too early if the loss
	// is a mean over a million pixels.
	ToleranceGradient float64
	// ToleranceChange ends the run with ErrConverged if the slope along the direction,
	// g.d, is above -ToleranceChange; 0: 1e-9, as in torch. Negative: only if the
	// direction leads uphill.
	ToleranceChange float64
	// MinCurvature is a threshold: a pair is kept only if y.s is greater; 0: 1e-10, as in
	// torch. With a negative value, the threshold is 0.
	MinCurvature float64
	// Blind takes the computed step as s even if the caller has changed x since. torch
	// does this; it spoils the pairs of programs that clamp the image inside the
	// objective.
	Blind bool

	n     int
	ready bool

	// The state: the last completed step, and the pairs.
	begun    bool       // at least one step is done
	accepted bool       // a line search ended at x + t*d: eval and grad belong to it
	t        float64    // length of the last step
	scale    float64    // y.s / y.y of the newest pair; 1 if there is none
	eval     Evaluation // valid if accepted
	x        []float32  // start of the last step
	d        []float32  // direction of the last step
	prev     []float32  // the gradient at x
	grad     []float32  // the gradient at x + t*d, if accepted; scratch otherwise
	pairs    ring

	next     []float32 // scratch: the new direction
	parallel Parallel
	search   wolfe
}

// Validate returns an error for an invalid option.
func (o *LBFGS) Validate() error {
	switch {
	case o.History < 0 || o.History > maxHistory:
		return badOption("LBFGS.History", o.History, "0 (the default, 10) or 1 to 1000")
	case o.LineSearch != "" && o.LineSearch != FixedStep && o.LineSearch != StrongWolfe:
		return badOption("LBFGS.LineSearch", fmt.Sprintf("%q", o.LineSearch), fmt.Sprintf("%q (the default) or %q", StrongWolfe, FixedStep))
	case o.MaxEvaluations < 0 || o.MaxEvaluations > 1000:
		return badOption("LBFGS.MaxEvaluations", o.MaxEvaluations, "0 (the default, 25) or 1 to 1000")
	case o.ToleranceGradient != 0 && !positive(o.ToleranceGradient):
		return badOption("LBFGS.ToleranceGradient", o.ToleranceGradient, "0 (the default) or a finite number above it")
	case notFinite(o.ToleranceChange):
		return badOption("LBFGS.ToleranceChange", o.ToleranceChange, "a finite number; 0 is the default, 1e-9")
	case notFinite(o.MinCurvature):
		return badOption("LBFGS.MinCurvature", o.MinCurvature, "a finite number; 0 is the default, 1e-10")
	}
	return nil
}

// UseParallel implements ParallelOptimizer. Without it, the optimiser uses one thread.
func (o *LBFGS) UseParallel(p Parallel) { o.parallel = p }

// DefaultRate implements RatedOptimizer: it returns 1, the whole direction.
func (o *LBFGS) DefaultRate() float64 { return 1 }

// Init implements Optimizer.
func (o *LBFGS) Init(n int) {
	o.begun, o.accepted, o.t, o.scale, o.eval = false, false, 0, 1, Evaluation{}
	o.n, o.ready = max(n, 0), true
	if o.Validate() != nil {
		o.n, o.ready = 0, false // Step returns the error
	}
	for _, v := range []*[]float32{&o.x, &o.d, &o.prev, &o.grad, &o.next} {
		*v = make([]float32, o.n)
	}
	if o.parallel == nil {
		o.parallel = kernel.Workers(1)
	}
	o.pairs.init(o.history(), o.n, o.parallel)
	o.search = wolfe{}
	if o.searches() {
		o.search.init(o.n)
	}
}

// searches reports whether every step ends with a line search.
func (o *LBFGS) searches() bool { return o.LineSearch != FixedStep }

// history returns the number of pairs to keep.
func (o *LBFGS) history() int {
	if o.History == 0 {
		return 10
	}
	return min(max(o.History, 1), maxHistory)
}

// Step implements Optimizer. With a rate of 0 it evaluates and does not move x.
func (o *LBFGS) Step(f Func, x []float32, rate float64) (Evaluation, error) {
	if err := o.Validate(); err != nil {
		return Evaluation{}, err
	}
	if !o.ready {
		o.Init(len(x))
	}
	if err := checkStep("LBFGS", o.n, f, x, rate); err != nil {
		return Evaluation{}, err
	}
	if o.pairs.capacity() != o.history() || (o.search.trial != nil) != o.searches() {
		return Evaluation{}, errChanged("LBFGS")
	}
	// Before the commit below, Step writes only to scratch vectors and to the ring's
	// spare pair, so that an error does not change the state.
	shared := o.pairs.shared
	changed := o.begun && !shared.IsStep(x, o.x, float32(o.t), o.d)
	if changed {
		o.accepted = false
	}
	e := o.eval
	if !o.accepted {
		var err error
		if e, err = evaluate(f, x, o.grad); err != nil {
			return e, err
		}
	}
	if rate == 0 {
		return e, nil
	}
	if g := vec.MaxAbs(o.grad); g <= o.ToleranceGradient {
		return e, errorf("%w: the gradient's greatest element is %v", ErrConverged, g)
	}
	pairs, scale := o.pairs, o.scale
	if o.begun {
		s, y := pairs.spare()
		if changed && !o.Blind {
			vec.Sub(s, x, o.x)
		} else {
			vec.Scale(s, float32(o.t), o.d)
		}
		if ys := shared.SubDot(y, o.grad, o.prev, s); ys > max(0, orDefault(o.MinCurvature, 1e-10)) {
			pairs.push(ys)
			scale = ys / shared.Dot(y, y)
		}
	}
	slope := pairs.direction(o.next, o.grad, scale)
	switch tolerance := max(0, orDefault(o.ToleranceChange, 1e-9)); {
	case notFinite(slope):
		return e, errorf("%w: the L-BFGS direction after evaluation %d", ErrNotFinite, e.Number)
	case slope >= 0 || slope > -tolerance:
		return e, errorf("%w: the slope along the L-BFGS direction is %.3g, above -%.3g", ErrConverged, slope, tolerance)
	}
	t := rate
	if !o.begun {
		t *= min(1, 1/vec.AbsSum(o.grad))
	}
	var end probe
	if o.searches() {
		// The more pixels there are, the shorter is the first step. Its decrease may be less than
		// the rounding of the loss.
		for tries := 0; ; tries++ {
			var err error
			if end, err = o.wolfe(f, x, probe{loss: e.Loss, slope: slope, eval: e, buffer: -1}, t); err != nil {
				return e, err
			}
			if end.t != 0 || o.begun || tries == 3 {
				break
			}
			t *= 100
		}
		t = end.t
	}
	if t == 0 || vec.IsStep(x, x, float32(t), o.next) {
		return e, errorf("%w: no step along the L-BFGS direction changes x for the better", ErrConverged)
	}

	// Commit.
	o.pairs, o.scale, o.t, o.begun = pairs, scale, t, true
	o.d, o.next = o.next, o.d
	o.prev, o.grad = o.grad, o.prev
	if o.searches() {
		o.accepted, o.eval = true, end.eval
		g := &o.search.grads[end.buffer]
		o.grad, *g = *g, o.grad
	}
	copy(o.x, x)
	shared.Step(x, o.x, float32(t), o.d)
	return e, nil
}

// wolfe runs the line search from x along o.next.
func (o *LBFGS) wolfe(f Func, x []float32, start probe, first float64) (probe, error) {
	limit := o.MaxEvaluations
	if limit == 0 {
		limit = 25
	}
	o.search.f, o.search.x, o.search.d = f, x, o.next
	end, err := o.search.search(start, first, limit)
	o.search.f, o.search.x, o.search.d = nil, nil, nil // release the caller's memory
	return end, err
}

func (o *LBFGS) state() *state {
	s := &state{kind: stateLBFGS, n: o.n}
	s.flag(o.begun)
	s.flag(o.accepted)
	s.int(o.pairs.count)
	s.float(o.t)
	s.float(o.scale)
	s.int(o.eval.Number)
	s.float(o.eval.Loss)
	if !o.begun {
		return s
	}
	s.vector(o.x, o.d, o.prev)
	if o.accepted {
		s.vector(o.grad)
	}
	for i := range o.pairs.count {
		slot := o.pairs.slot(i)
		s.float(o.pairs.ys[slot])
		s.vector(o.pairs.pairs[slot].s, o.pairs.pairs[slot].y)
	}
	return s
}

// StateSize implements Resumable.
func (o *LBFGS) StateSize() int64 { return o.state().size() }

// WriteState implements Resumable.
func (o *LBFGS) WriteState(w io.Writer) error { return o.state().write(w) }

// ReadState implements Resumable.
func (o *LBFGS) ReadState(from io.Reader, size int64) error {
	if err := o.Validate(); err != nil {
		return err
	}
	r := openState(stateLBFGS, o.n, from, size)
	begun := r.flag("the flag of the first step")
	accepted := r.flag("the line search's flag")
	count := r.int("the number of pairs", o.pairs.capacity())
	t, scale := r.float(), r.float()
	eval := Evaluation{Number: int(r.word()), Loss: r.float()}
	if !begun && (count > 0 || accepted) {
		r.fail("it has pairs but no step")
	}
	if accepted && o.search.trial == nil {
		r.fail("it is that of a line search, this LBFGS has none")
	}
	vectors := 0
	if begun {
		vectors = 3 + 2*count
	}
	if accepted {
		vectors++
	}
	if err := r.expect(count, vectors); err != nil {
		return err
	}
	o.begun, o.accepted, o.t, o.scale, o.eval = begun, accepted, t, scale, eval
	o.pairs.first, o.pairs.count = 0, count
	if !begun {
		return nil
	}
	for i := range count {
		o.pairs.ys[i] = r.float()
	}
	all := [][]float32{o.x, o.d, o.prev}
	if accepted {
		all = append(all, o.grad)
	}
	for i := range count {
		s, y := o.pairs.vectors(i)
		all = append(all, s, y)
	}
	return r.vectors(all...)
}
