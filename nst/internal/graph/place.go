package graph

import (
	"cmp"
	"slices"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// phase is a list of operations and the places of their values. A value is in a slab,
// where places are reused, or on Go's heap. It is on the heap if one of Gorgonia's
// operations touches it, since such operations may alias their inputs, or if it is read
// after the phase.
type phase struct {
	order []*cell
	steps []step
	spans []*span
	slab  int     // length of the slab in float32
	heap  []*cell // cells with a buffer of their own
}

// span is a range of the slab over a range of steps. It holds one value or note, or
// several values that follow each other in one place.
type span struct {
	holds       []*[]float32
	length      int // of each value
	size        int // in the slab
	first, last int // steps, both included
	offset      int
}

// plan returns an order and places for the cells that wanted needs, either the dynamic
// cells or the constant ones.
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

// place assigns places to the cells in this order. Kept dynamic cells stay in the slab
// until the end of the phase; kept constants stay after it.
func place(order []*cell, kept map[*cell]bool, dynamic bool) *phase {
	p := &phase{order: order}
	last, lastNote := map[*cell]int{}, map[*cell]int{}
	touched := map[*cell]bool{} // by one of Gorgonia's operations
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
		case c.foreign(): // allocates its own result
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

// overwritten returns the span of an input that c may overwrite, or nil. c is computed in
// step i and is the last reader of this input.
func overwritten(c *cell, i int, last map[*cell]int, kept map[*cell]bool, spanOf map[*cell]*span) *span {
	for k, in := range c.in {
		if s := spanOf[in]; s != nil && in.size == c.size && last[in] == i && !kept[in] && c.ours.Over>>k&1 == 1 &&
			!slices.Contains(c.in[:k], in) && !slices.Contains(c.in[k+1:], in) {
			return s
		}
	}
	return nil
}

// aligned rounds size up to a whole number of cache lines.
func aligned(size int) int { return (size + kernel.Lanes - 1) / kernel.Lanes * kernel.Lanes }

// pack sets the offsets of the spans so that spans that live at the same time do not
// overlap, and returns the length of the slab. It places the largest span first, at the
// lowest free offset (best-fit offset assignment by size, after Pisarchyk and Lee,
// "Efficient Memory Management for Deep Neural Net Inference", 2020).
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

// give assigns memory to the cells.
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

// forget releases values outside the slab that are not read any more.
func (p *phase) forget(kept []*cell) {
	for _, c := range p.order {
		if !slices.Contains(kept, c) {
			c.slot = slot{}
		}
	}
}
