package nst

// The step length of L-BFGS: fixed or from a line search.

import (
	"math"

	"github.com/gonst/workbench/nst/internal/vec"
)

// LineSearch is the method by which L-BFGS finds the length of a step.
type LineSearch string

const (
	// FixedStep takes the direction times the rate. It takes one evaluation in each
	// iteration, as most published style transfer systems do. Nothing bounds a step: in
	// the first steps, before L-BFGS knows the curvature, the loss can rise by orders of
	// magnitude.
	FixedStep LineSearch = "fixed"
	// StrongWolfe searches for a length, starting with the rate, that satisfies the
	// strong Wolfe conditions with c1 = 1e-4 and c2 = 0.9 (Nocedal and Wright 2006,
	// algorithms 3.5 and 3.6, with cubic interpolation, as in minFunc and torch). It is
	// the default. The loss never rises. Most iterations take one or two evaluations.
	StrongWolfe LineSearch = "strong-wolfe"
)

const (
	wolfeDecrease  = 1e-4 // c1: least decrease, as a fraction of the decrease that the slope predicts
	wolfeCurvature = 0.9  // c2: largest |slope| at the end, as a fraction of the slope at the start
	wolfeBracket   = 1e-9 // least width of the bracket, in units of x
)

// probe is the objective at x + t*d.
type probe struct {
	t      float64
	loss   float64 // +Inf if the loss or the gradient is not finite: the step is too long
	slope  float64 // gradient . d
	eval   Evaluation
	buffer int // index in wolfe.grads of the gradient; -1 at t = 0
}

// wolfe is a strong Wolfe line search and its memory. It does not change x: it computes
// trial points in its own vector.
type wolfe struct {
	f     Func
	x, d  []float32
	trial []float32
	grads [3][]float32 // one for each end of the bracket, one for the newest probe
}

func (w *wolfe) init(n int) {
	w.trial = make([]float32, n)
	for i := range w.grads {
		w.grads[i] = make([]float32, n)
	}
}

// at evaluates the objective at x + t*d. It keeps the gradients of the probes a and b.
func (w *wolfe) at(t float64, a, b probe) (probe, error) {
	p := probe{t: t}
	for p.buffer == a.buffer || p.buffer == b.buffer {
		p.buffer++
	}
	grad := w.grads[p.buffer]
	vec.Step(w.trial, w.x, float32(t), w.d)
	var err error
	if p.eval, err = w.f(w.trial, grad); err != nil {
		return p, err
	}
	p.loss, p.slope = p.eval.Loss, vec.Dot(grad, w.d)
	if notFinite(p.loss) || notFinite(p.slope) {
		p.loss, p.slope = math.Inf(1), 0
	}
	return p, nil
}

// search searches along d from x, where start has the loss and the slope, with at most
// limit trials after the first. It returns the lowest acceptable probe, or start if there
// is none. It tries the same points as torch's _strong_wolfe.
func (w *wolfe) search(start probe, first float64, limit int) (probe, error) {
	previous := start
	p, err := w.at(first, start, start)
	if err != nil {
		return start, err
	}
	// Continue until a point satisfies the conditions or two points bracket one that does.
	trials := 0
	for {
		if trials == limit {
			low, _ := ordered(start, p)
			return low, nil
		}
		if p.loss > start.loss+wolfeDecrease*p.t*start.slope || (trials > 1 && p.loss >= previous.loss) {
			break
		}
		if math.Abs(p.slope) <= -wolfeCurvature*start.slope {
			return p, nil
		}
		if p.slope >= 0 {
			break
		}
		t := interpolate(previous, p, p.t+0.01*(p.t-previous.t), 10*p.t)
		next, err := w.at(t, p, start)
		if err != nil {
			return start, err
		}
		previous, p = p, next
		trials++
	}
	low, high := ordered(previous, p)
	return w.zoom(start, low, high, limit-trials)
}

// ordered returns the lower probe first; if both are equal, a.
func ordered(a, b probe) (low, high probe) {
	if a.loss <= b.loss {
		return a, b
	}
	return b, a
}

// zoom narrows the bracket between low, the best point so far, and high.
func (w *wolfe) zoom(start, low, high probe, limit int) (probe, error) {
	size := vec.MaxAbs(w.d)
	slow := false // the last trial was close to an end of the bracket
	for ; limit > 0; limit-- {
		left, right := min(low.t, high.t), max(low.t, high.t)
		if (right-left)*size < wolfeBracket {
			break
		}
		t := interpolate(low, high, left, right)
		// If trials stay close to an end of the bracket, step a tenth of it inwards.
		if margin := 0.1 * (right - left); min(right-t, t-left) < margin {
			if slow || t >= right || t <= left {
				if right-t < t-left {
					t = right - margin
				} else {
					t = left + margin
				}
				slow = false
			} else {
				slow = true
			}
		} else {
			slow = false
		}
		p, err := w.at(t, low, high)
		if err != nil {
			return start, err
		}
		if p.loss > start.loss+wolfeDecrease*t*start.slope || p.loss >= low.loss {
			low, high = ordered(low, p)
			continue
		}
		if math.Abs(p.slope) <= -wolfeCurvature*start.slope {
			return p, nil
		}
		if p.slope*(high.t-low.t) >= 0 {
			high = low
		}
		low = p
	}
	return low, nil
}

// interpolate returns the minimum of the cubic with the losses and slopes of both probes,
// clamped to [left, right]; the middle if the cubic has no minimum.
func interpolate(a, b probe, left, right float64) float64 {
	if a.t > b.t {
		a, b = b, a
	}
	d1 := a.slope + b.slope - 3*(a.loss-b.loss)/(a.t-b.t)
	square := d1*d1 - a.slope*b.slope
	if square >= 0 {
		d2 := math.Sqrt(square)
		if t := b.t - (b.t-a.t)*((b.slope+d2-d1)/(b.slope-a.slope+2*d2)); !math.IsNaN(t) {
			return min(max(t, left), right)
		}
	}
	return (left + right) / 2
}

func notFinite(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }
