package nst

import (
	"runtime"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/vec"
)

// ring holds the newest pairs (s, y) of L-BFGS. It has one slot more than the history: the
// spare slot takes a new pair before it is known whether the step is accepted. A copy of
// a ring shares the slots, but has its own record of which slots are in use.
type ring struct {
	n      int       // variables
	pairs  []*pair   // nil until a slot is used
	ys     []float64 // y.s of each slot
	first  int       // slot of the oldest pair
	count  int       // pairs held, at most capacity
	shared *vec.Shared
}

func (r *ring) init(capacity, n int, p Parallel) {
	slots := capacity + 1
	*r = ring{n: n, pairs: make([]*pair, slots), ys: make([]float64, slots), shared: vec.NewShared(n, p)}
}

func (r *ring) capacity() int { return max(0, len(r.pairs)-1) }

// slot returns the index of the i-th pair; the oldest is number 0.
func (r *ring) slot(i int) int { return (r.first + i) % len(r.pairs) }

// spare returns the vectors of the spare slot. push makes them the newest pair.
func (r *ring) spare() (s, y []float32) {
	return r.vectors(r.slot(r.count))
}

// pair is a step s and the change y of the gradient along it. Its memory is outside Go's heap:
// on the heap, a long history would let garbage grow to its own size before a collection.
type pair struct{ s, y []float32 }

func newPair(n int) *pair {
	slab, free, err := kernel.TakeSlab(2 * n)
	if err != nil { // out of memory: let the heap report it
		return &pair{make([]float32, n), make([]float32, n)}
	}
	p := &pair{slab[:n:n], slab[n:]}
	runtime.AddCleanup(p, func(free func()) { free() }, free)
	return p
}

// vectors returns the vectors of a slot and allocates them at the first use, so that a
// short run does not take the memory of a long history. They live as long as the ring.
func (r *ring) vectors(slot int) (s, y []float32) {
	if r.pairs[slot] == nil {
		r.pairs[slot] = newPair(r.n)
	}
	return r.pairs[slot].s, r.pairs[slot].y
}

// push adds the spare pair and drops the oldest pair if the ring is full.
func (r *ring) push(ys float64) {
	r.ys[r.slot(r.count)] = ys
	if r.count < r.capacity() {
		r.count++
	} else {
		r.first = r.slot(1)
	}
}

// direction writes d = -H*g, where H is the approximation of the inverse Hessian: the two
// loops of algorithm 7.4. scale is that of the initial matrix, 1 if there is no pair. It
// returns the slope g.d.
//
// One pass over d adds the term of one pair and computes the dot product for the next pair.
func (r *ring) direction(d, g []float32, scale float64) (slope float64) {
	if r.count == 0 {
		return r.shared.ScaleDot(d, float32(-scale), g, g)
	}
	var alphas [maxHistory]float64 // on the stack
	product := r.shared.ScaleDot(d, -1, g, r.pairs[r.slot(r.count-1)].s)
	for i := r.count - 1; i >= 0; i-- {
		k := r.slot(i)
		alphas[i] = product / r.ys[k]
		next := d // not used after the oldest pair
		if i > 0 {
			next = r.pairs[r.slot(i-1)].s
		}
		product = r.shared.AddScaledDot(d, float32(-alphas[i]), r.pairs[k].y, next)
	}
	product = r.shared.ScaleDot(d, float32(scale), d, r.pairs[r.slot(0)].y)
	for i := range r.count {
		k := r.slot(i)
		beta := product / r.ys[k]
		next := g // for the slope, after the newest pair
		if i+1 < r.count {
			next = r.pairs[r.slot(i+1)].y
		}
		product = r.shared.AddScaledDot(d, float32(alphas[i]-beta), r.pairs[k].s, next)
	}
	return product
}
