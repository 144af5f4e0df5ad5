package kernel

import (
	"testing"
)

func TestPack(t *testing.T) {
	for _, c := range []int{1, 3, 16, 17, 40} {
		s := Shape{c, 3, 5}
		p := random(1, s.Plain())
		for i, v := range plain(t, blocked(p, s), s) {
			if v != p[i] {
				t.Fatalf("%d channels: value %d became %v from %v", c, i, v, p[i])
			}
		}
		if v := blocked(p, s)[s.Index(c-1, 2, 4)]; v != p[len(p)-1] {
			t.Errorf("%d channels: Index finds %v for the last value, want %v", c, v, p[len(p)-1])
		}
	}
}

func TestPaddingAt(t *testing.T) {
	// From torch.nn.functional.pad and, for the second mirror, numpy.pad.
	for _, c := range []struct {
		p    Padding
		n    int
		want []int // from -3 on, to n+2
	}{
		{PadZero, 2, []int{-1, -1, -1, 0, 1, -1, -1, -1}},
		{PadReplicate, 2, []int{0, 0, 0, 0, 1, 1, 1, 1}},
		{PadReflect, 4, []int{3, 2, 1, 0, 1, 2, 3, 2, 1, 0}},
		{PadReflect, 2, []int{1, 0, 1, 0, 1, 0, 1, 0}},
		{PadReflect, 1, []int{0, 0, 0, 0, 0, 0, 0}},
		{PadCircular, 4, []int{1, 2, 3, 0, 1, 2, 3, 0, 1, 2}},
		{PadCircular, 2, []int{1, 0, 1, 0, 1, 0, 1, 0}},
	} {
		for i, want := range c.want {
			if got := c.p.at(i-3, c.n); got != want {
				t.Errorf("%v of %d: position %d shows %d, want %d", c.p, c.n, i-3, got, want)
			}
		}
	}
}
