package kernel

import (
	"runtime"
	"slices"
	"sync"
	"testing"
)

// meetingConv is a convolution with so many filters that members meet for maps of 8 x 8.
func meetingConv(p Padding, seed uint64) *Conv {
	return NewConv(64, 64, operand32(64*64*9, seed), operand32(64, seed+1), p, Float32)
}

func operand32(n int, seed uint64) []float32 {
	a := Alloc(n)
	for i := range a {
		seed = seed*6364136223846793005 + 1442695040888963407
		a[i] = float32(int32(seed>>32)) / (1 << 31)
	}
	return a
}

// TestMeeting runs members that begin, end and stop at different times. All of them must have the
// bits of convolutions alone.
func TestMeeting(t *testing.T) {
	const h, w, members, passes = 7, 6, 4, 6
	s := Shape{64, h, w}
	var convs []*Conv
	for p := PadZero; p <= PadReflect; p++ {
		convs = append(convs, meetingConv(p, uint64(p)))
	}
	if v := (convolution{ss: s, sd: s}); !v.manyFilters() {
		t.Fatal("nobody would meet")
	}
	chain := func(m *Member, x []float32) []float32 {
		x = slices.Clone(x)
		y, bits := Alloc(s.Len()), make([]uint16, s.Bits())
		for _, c := range convs {
			m.Forward(1, c, y, x, h, w, true, bits)
			m.Backward(1, c, x, y, bits, h, w)
			for i := range x { // of the size of the beginning, and no NaN from the halo
				x[i] = max(-1, min(x[i]/256, 1))
			}
		}
		return interior(x, s)
	}
	var meeting Meeting
	var all sync.WaitGroup
	for k := range members {
		all.Go(func() {
			var m Member
			m.Join(&meeting)
			for pass := range passes + k {
				x := operand32(s.Len(), uint64(1000*k+pass))
				want := chain(nil, x)
				m.Enter()
				got := chain(&m, x)
				m.Leave()
				if !slices.Equal(got, want) {
					t.Errorf("member %d, pass %d: other bits than alone", k, pass)
				}
			}
		})
	}
	all.Wait()
}

func interior(x []float32, s Shape) (all []float32) {
	for b := range s.Blocks() {
		for y := range s.H {
			all = append(all, s.line(x, b, y)...)
		}
	}
	return all
}

// TestMeetingWaits: a member waits for those who are inside, until they come or leave; a
// panic reaches all of them.
func TestMeetingWaits(t *testing.T) {
	s := Shape{64, 8, 8}
	c := meetingConv(PadZero, 1)
	x, y := operand32(s.Len(), 2), Alloc(s.Len())
	var meeting Meeting
	var a, b Member
	a.Join(&meeting)
	b.Join(&meeting)
	waiting := func() {
		for {
			meeting.mutex.Lock()
			n := len(meeting.waiting)
			meeting.mutex.Unlock()
			if n > 0 {
				return
			}
			runtime.Gosched()
		}
	}
	start := func(m *Member, y []float32) chan any {
		done := make(chan any, 1)
		go func() {
			defer func() { done <- recover() }()
			m.do(c, 1, false, &convolution{src: x, dst: y, ss: s, sd: s, bias: c.bias})
		}()
		return done
	}
	a.Enter()
	b.Enter()
	first := start(&a, y)
	waiting()
	b.Leave()
	if cause := <-first; cause != nil {
		t.Fatal(cause)
	}
	b.Enter()
	first = start(&a, y)
	waiting()
	second := start(&b, nil) // too short
	if <-first == nil || <-second == nil {
		t.Error("a convolution into no map did not panic in both members")
	}
	first = start(&a, y)
	waiting()
	second = start(&b, Alloc(s.Len()))
	if cause := []any{<-first, <-second}; cause[0] != nil || cause[1] != nil {
		t.Error("after a panic:", cause)
	}
}

// TestMeetingCatchesUp: of members at different convolutions, the one that is behind goes first.
func TestMeetingCatchesUp(t *testing.T) {
	s := Shape{64, 8, 8}
	c, d := meetingConv(PadZero, 1), meetingConv(PadZero, 2)
	var meeting Meeting
	ahead := &Member{conv: d, calls: 2, turn: make(chan []*Member, 1), convolution: convolution{ss: s, sd: s}}
	behind := &Member{conv: c, calls: 1, turn: make(chan []*Member, 1), convolution: convolution{ss: s, sd: s}}
	meeting.inside, meeting.waiting = 2, []*Member{ahead, behind}
	meeting.begin()
	if got := <-behind.turn; !slices.Equal(got, []*Member{behind}) || !slices.Equal(meeting.waiting, []*Member{ahead}) {
		t.Errorf("%d go, %d wait", len(got), len(meeting.waiting))
	}
}
