package graph

import (
	"cmp"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// phase is a list of operations with the places of their values: those in a slab
// that is shared by liveness, and those that live on Go's heap because an operation
// that is not ours touches them (such operations may alias their inputs) or
// because somebody reads them after the phase.
type phase struct {
	order []*cell
	steps []step
	spans []*span
	slab  int     // float32 values of the slab
	heap  []*cell // with a buffer each
}

// span is a stretch of the slab over a stretch of time: that of one value, or of
// several that follow each other in one place.
type span struct {
	cells       []*cell
	size        int
	first, last int // steps, both included
	offset      int
}

// overwriter is an operation that may write its result over the k-th input.
type overwriter interface{ Overwrites(k int) bool }

// plan finds an order and a place for what the wanted cells take, of the dynamic
// cells or of the constant ones.
func plan(wanted []*cell, dynamic bool) *phase {
	kept := map[*cell]bool{}
	for _, c := range wanted {
		kept[c] = true
	}
	plain := deepestFirst(wanted, dynamic)
	best := place(plain, kept, dynamic)
	if other := place(thriftiest(plain, kept), kept, dynamic); other.slab < best.slab {
		best = other
	}
	for _, c := range best.order {
		st := step{ours: c.ours, op: c.node.Op(), out: &c.slot,
			args: make([][]float32, len(c.in)), values: make([]gorgonia.Value, len(c.in))}
		for _, in := range c.in {
			st.in = append(st.in, &in.slot)
		}
		best.steps = append(best.steps, st)
	}
	return best
}

// place gives the cells, in this order, their places. What is kept of the dynamic
// ones stays until the end; kept constants live on.
func place(order []*cell, kept map[*cell]bool, dynamic bool) *phase {
	p := &phase{order: order}
	last := map[*cell]int{}
	touched := map[*cell]bool{} // by an operation that is not ours
	for i, c := range order {
		for k, in := range c.in {
			if c.reads(k) {
				last[in] = i
			}
			touched[in] = touched[in] || c.foreign()
		}
		last[c] = max(last[c], i)
	}
	spanOf := map[*cell]*span{}
	for i, c := range order {
		switch {
		case c.foreign(): // its own allocation
			continue
		case touched[c] || kept[c] && !dynamic:
			p.heap = append(p.heap, c)
			continue
		}
		end := last[c]
		if kept[c] {
			end = len(order)
		}
		s := overwritten(c, i, last, kept, spanOf)
		if s == nil {
			s = &span{size: aligned(c.size), first: i}
			p.spans = append(p.spans, s)
		}
		s.cells, s.last = append(s.cells, c), end
		spanOf[c] = s
	}
	p.slab = pack(p.spans)
	return p
}

// overwritten is the span of an input that c, computed in step i as the input's
// last reader, may be written over.
func overwritten(c *cell, i int, last map[*cell]int, kept map[*cell]bool, spanOf map[*cell]*span) *span {
	o, ok := c.ours.(overwriter)
	if !ok {
		return nil
	}
	for k, in := range c.in {
		if s := spanOf[in]; s != nil && in.size == c.size && last[in] == i && !kept[in] && o.Overwrites(k) &&
			!slices.Contains(c.in[:k], in) && !slices.Contains(c.in[k+1:], in) {
			return s
		}
	}
	return nil
}

// aligned rounds up to whole lines of the cache.
func aligned(size int) int { return (size + kernel.Lanes - 1) / kernel.Lanes * kernel.Lanes }

// pack lays the spans out so that none that live at a time overlap, and returns the
// length of the slab: the largest first, each as low as it fits. (Best-fit offset
// assignment by size, after Pisarchyk and Lee, "Efficient Memory Management for
// Deep Neural Net Inference", 2020.)
func pack(spans []*span) int {
	bySize := slices.Clone(spans)
	slices.SortStableFunc(bySize, func(a, b *span) int { return cmp.Compare(b.size, a.size) })
	var placed []*span // by offset
	length := 0
	for _, s := range bySize {
		at, best, waste := 0, -1, 0
		for _, q := range placed {
			if q.last < s.first || s.last < q.first {
				continue
			}
			if gap := q.offset - at; gap >= s.size && (best < 0 || gap < waste) {
				best, waste = at, gap
			}
			at = max(at, q.offset+q.size)
		}
		if best < 0 {
			best = at
		}
		s.offset = best
		length = max(length, best+s.size)
		i, _ := slices.BinarySearchFunc(placed, s.offset, func(q *span, offset int) int { return cmp.Compare(q.offset, offset) })
		placed = slices.Insert(placed, i, s)
	}
	return length
}

// give hands the cells their memory.
func (p *phase) give(slab []float32) {
	for _, s := range p.spans {
		for _, c := range s.cells {
			c.data = slab[s.offset:][:c.size:c.size]
		}
	}
	for _, c := range p.heap {
		c.data = kernel.Alloc(c.size)
		c.value = asValue(c.node, c.data)
	}
}
