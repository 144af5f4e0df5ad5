package graph

import (
	"cmp"
	"slices"

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

// span is a stretch of the slab over a stretch of time: that of one value or note, or
// of several values that follow each other in one place.
type span struct {
	holds       []*[]float32
	length      int // of each
	size        int // in the slab
	first, last int // steps, both included
	offset      int
}

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
		best.steps = append(best.steps, newStep(c))
	}
	return best
}

// place gives the cells, in this order, their places. What is kept of the dynamic
// ones stays until the end; kept constants live on.
func place(order []*cell, kept map[*cell]bool, dynamic bool) *phase {
	p := &phase{order: order}
	last, lastNote := map[*cell]int{}, map[*cell]int{}
	touched := map[*cell]bool{} // by an operation that is not ours
	for i, c := range order {
		for k, in := range c.in {
			if c.reads(k) {
				last[in] = i
			} else {
				lastNote[in] = i
			}
			touched[in] = touched[in] || c.foreign()
		}
		last[c] = max(last[c], i)
	}
	spanOf := map[*cell]*span{}
	for i, c := range order {
		if end, ok := lastNote[c]; ok {
			p.spans = append(p.spans, &span{holds: []*[]float32{&c.note}, length: c.noting, size: aligned(c.noting), first: i, last: end})
		}
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
			s = &span{length: c.size, size: aligned(c.size), first: i}
			p.spans = append(p.spans, s)
		}
		s.holds, s.last = append(s.holds, &c.data), end
		spanOf[c] = s
	}
	p.slab = pack(p.spans)
	return p
}

// overwritten is the span of an input that c, computed in step i as the input's
// last reader, may be written over.
func overwritten(c *cell, i int, last map[*cell]int, kept map[*cell]bool, spanOf map[*cell]*span) *span {
	for k, in := range c.in {
		if s := spanOf[in]; s != nil && in.size == c.size && last[in] == i && !kept[in] && c.ours.Over>>k&1 == 1 &&
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
		for _, data := range s.holds {
			*data = slab[s.offset:][:s.length:s.length]
		}
	}
	for _, c := range p.heap {
		if c.data == nil {
			c.data = kernel.Alloc(c.size)
			c.value = asValue(c.node, c.data)
		}
	}
}

// forget lets go of values outside the slab that nobody reads any more.
func (p *phase) forget(kept []*cell) {
	for _, c := range p.order {
		if !slices.Contains(kept, c) {
			c.slot = slot{}
		}
	}
}
