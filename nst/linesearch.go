package nst

// The step length of L-BFGS: fixed, or by a line search.

import (
	"math"

	"github.com/gonst/workbench/nst/internal/vec"
)

// LineSearch is how L-BFGS finds the length of its step along a direction.
type LineSearch string

const (
	// FixedStep takes the whole direction times the rate; the zero value too.
	// One evaluation an iteration; what the published style transfer systems do.
	FixedStep LineSearch = "fixed"
	// StrongWolfe searches a length, the rate first, that satisfies the strong
	// Wolfe conditions with c1 = 1e-4 and c2 = 0.9 (Nocedal and Wright 2006,
	// algorithms 3.5 and 3.6, with cubic interpolation, as in minFunc and torch).
	// The loss never rises; mostly one or two evaluations an iteration.
	StrongWolfe LineSearch = "strong-wolfe"
)

const (
	wolfeDecrease  = 1e-4 // c1: least decrease, as a part of what the slope promises
	wolfeCurvature = 0.9  // c2: greatest |slope| at the end, as a part of the one at the start
	wolfeBracket   = 1e-9 // least width of the bracket, in units of x
)

// probe is the objective at x + t*d.
type probe struct {
	t      float64
	loss   float64 // +Inf where the loss or the gradient is not finite: a step too far
	slope  float64 // gradient . d
	eval   Evaluation
	buffer int // of wolfe.grads, where the gradient is; -1 at t = 0
}

// wolfe is a strong Wolfe line search and its memory. It leaves x alone: trial
// points are built in a vector of its own.
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

// at evaluates the objective at x + t*d. a and b are the probes whose gradients are kept.
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

// search looks along d from x, whose loss and slope are start's, with trials
// after the first of at most limit. It returns the lowest acceptable probe found,
// start itself if there is none. It tries the points that torch's _strong_wolfe tries.
func (w *wolfe) search(start probe, first float64, limit int) (probe, error) {
	previous := start
	p, err := w.at(first, start, start)
	if err != nil {
		return start, err
	}
	// Go on until a point satisfies the conditions, or two have one between them.
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

// ordered returns the lower probe first; of equals, the one that was there first.
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
		// Where trials stay close to an end, or fall on it, step a tenth inwards.
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

// interpolate returns the minimum of the cubic through both probes, losses and
// slopes, kept within [left, right]; the middle where it has none.
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
