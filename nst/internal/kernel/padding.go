package kernel

import "fmt"

// Padding says what a convolution reads beyond the edge.
type Padding uint8

const (
	// PadZero pads with zeros.
	PadZero Padding = iota
	// PadReplicate repeats the edge: a b c | c c.
	PadReplicate
	// PadReflect mirrors at the edge without repeating it: a b c | b a, as torch does. If
	// the mirrored position is outside the map, which torch refuses, it is mirrored again,
	// as in numpy. A single pixel is repeated.
	PadReflect
	// PadCircular goes on at the opposite edge: a b c | a b.
	PadCircular
)

var paddingNames = [...]string{PadZero: "zero", PadReplicate: "replicate", PadReflect: "reflect", PadCircular: "circular"}

func (p Padding) String() string {
	if int(p) < len(paddingNames) {
		return paddingNames[p]
	}
	return fmt.Sprintf("Padding(%d)", uint8(p))
}

func (p Padding) check(kernel string) {
	if int(p) >= len(paddingNames) {
		panic(fmt.Sprintf("kernel: %s: unknown padding %d", kernel, uint8(p)))
	}
}

// at returns the position in 0..n-1 whose value position i, inside or outside, has; -1
// for zero.
func (p Padding) at(i, n int) int {
	if i >= 0 && i < n {
		return i
	}
	switch {
	case p == PadZero || n <= 0:
		return -1
	case p == PadReplicate:
		return min(max(i, 0), n-1)
	case n == 1:
		return 0
	case p == PadCircular:
		return ((i % n) + n) % n
	}
	period := 2 * (n - 1)
	i = ((i % period) + period) % period
	return min(i, period-i)
}

// fillHalo writes the halo of all planes of x.
func (p Padding) fillHalo(w Workers, x []float32, s Shape) {
	if s.H == 0 || s.W == 0 {
		clear(x[:s.Len()])
		return
	}
	w.Each(s.Blocks(), func(b int) {
		plane := x[b*s.plane():][:s.plane()]
		row := s.row()
		for y := range s.H {
			r := plane[(y+1)*row:][:row]
			for _, i := range [2]int{-1, s.W} {
				d := r[(i+1)*Lanes:][:Lanes]
				if j := p.at(i, s.W); j < 0 {
					clear(d)
				} else {
					copy(d, r[(j+1)*Lanes:][:Lanes])
				}
			}
		}
		for _, i := range [2]int{-1, s.H} {
			d := plane[(i+1)*row:][:row]
			if j := p.at(i, s.H); j < 0 {
				clear(d)
			} else {
				copy(d, plane[(j+1)*row:][:row])
			}
		}
	})
}

// foldHalo is the adjoint of fillHalo: it adds every value of the halo of dx to the pixel
// that it is a copy of. Afterwards the content of the halo is undefined.
func (p Padding) foldHalo(w Workers, dx []float32, s Shape) {
	if p == PadZero || s.H == 0 || s.W == 0 {
		return
	}
	w.Each(s.Blocks(), func(b int) {
		plane := dx[b*s.plane():][:s.plane()]
		row := s.row()
		for _, i := range [2]int{-1, s.H} {
			addTo(plane[(p.at(i, s.H)+1)*row:][:row], plane[(i+1)*row:][:row])
		}
		for y := range s.H {
			r := plane[(y+1)*row:][:row]
			for _, i := range [2]int{-1, s.W} {
				addTo(r[(p.at(i, s.W)+1)*Lanes:][:Lanes], r[(i+1)*Lanes:][:Lanes])
			}
		}
	})
}

// addTo computes dst[i] += src[i].
func addTo(dst, src []float32) {
	for i, v := range src {
		dst[i] += v
	}
}
