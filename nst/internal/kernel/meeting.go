package kernel

import "sync"

// Meeting computes convolutions of several programs together. Where a convolution has more
// filters than positions, most of its time is spent reading the filters: together they are read
// once. The bits do not change. Programs that meet should have equal operations, otherwise they
// rarely wait at the same convolution.
type Meeting struct {
	mutex   sync.Mutex
	inside  int // members between Enter and Leave
	waiting []*Member
	spare   []*Member // of the last round
}

// Member is one of the programs. The zero value computes alone, as nil does. It is not safe for
// concurrent use.
type Member struct {
	meeting *Meeting // nil: none, everything is computed alone
	inside  bool
	calls   int            // of convolutions since Enter
	turn    chan []*Member // those to convolve for; nil: another member has convolved
	cause   any            // of the panic of the member that convolved

	// What it waits for:
	conv    *Conv
	back    bool
	workers Workers
	convolution
}

// Join makes the member meet others from the next Enter on.
func (m *Member) Join(t *Meeting) { m.meeting, m.turn = t, make(chan []*Member, 1) }

// Enter begins a run of the program. Until Leave, others wait for its next convolution: it
// must not wait for them in another way.
func (m *Member) Enter() {
	if m.meeting == nil {
		return
	}
	m.meeting.mutex.Lock()
	defer m.meeting.mutex.Unlock()
	m.meeting.inside++
	m.inside, m.calls = true, 0
}

// Leave ends the run of the program.
func (m *Member) Leave() {
	if !m.inside {
		return
	}
	m.meeting.mutex.Lock()
	defer m.meeting.mutex.Unlock()
	m.meeting.inside--
	m.inside = false
	m.meeting.begin()
}

// meets reports whether the convolution is one to wait for.
func (m *Member) meets(c *Conv, v *convolution) bool {
	return m != nil && m.inside && c.precision == Float32 && !c.lowMemory && v.manyFilters()
}

// do convolves together with other members.
func (m *Member) do(c *Conv, w Workers, back bool, v *convolution) {
	t := m.meeting
	t.mutex.Lock()
	m.calls++
	m.conv, m.workers, m.back, m.convolution, m.cause = c, w, back, *v, nil
	t.waiting = append(t.waiting, m)
	t.begin()
	t.mutex.Unlock()
	if all := <-m.turn; all != nil {
		m.lead(all)
	}
	m.convolution = convolution{} // release the maps
	if m.cause != nil {
		panic(m.cause)
	}
}

// begin makes members convolve if all who are inside wait: those who are furthest behind, so
// that they catch up.
func (t *Meeting) begin() {
	if t.inside == 0 || len(t.waiting) < t.inside {
		return
	}
	last := t.waiting[0]
	for _, m := range t.waiting {
		if m.calls < last.calls {
			last = m
		}
	}
	all, others := t.spare[:0], t.waiting[:0]
	for _, m := range t.waiting {
		if m.conv == last.conv && m.back == last.back && m.ss == last.ss && m.sd == last.sd {
			all = append(all, m)
		} else {
			others = append(others, m)
		}
	}
	t.waiting, t.spare = others, all
	all[0].turn <- all
}

// lead convolves for all, of which it is the first.
func (m *Member) lead(all []*Member) {
	defer func() {
		cause := recover()
		for _, o := range all[1:] {
			o.cause = cause
			o.turn <- nil
		}
		m.cause = cause
	}()
	w := 0
	for _, o := range all {
		w += o.workers.Threads()
	}
	m.conv.together(min(Workers(w), allProcessors()), m.back, all)
}

// manyFilters reports whether the filters are so many that reading them takes longer than the
// arithmetic of one map.
func (c *convolution) manyFilters() bool {
	_, n := c.tiles()
	return n > 0 && c.ss.C*c.sd.C >= 8*n*(c.ss.C+c.sd.C)
}

// together convolves the maps of all members, which have one shape.
func (c *Conv) together(w Workers, back bool, all []*Member) {
	g := c.forward
	if back {
		g = c.backward
	}
	var maps []*tiling
	for _, m := range all {
		maps = append(maps, g().(winograd).tiling(m.convolution))
	}
	phases(w, maps)
}

// Forward is c.Forward, together with other members.
func (m *Member) Forward(w Workers, c *Conv, y, x []float32, height, width int, relu bool, bits []uint16) {
	c.forwardBy(m, w, y, x, height, width, relu, bits)
}

// Backward is c.Backward, together with other members.
func (m *Member) Backward(w Workers, c *Conv, dx, dy []float32, bits []uint16, height, width int) {
	c.backwardBy(m, w, dx, dy, bits, height, width)
}
