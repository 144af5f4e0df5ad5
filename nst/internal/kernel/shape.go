package kernel

import (
	"fmt"
	"unsafe"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// Lanes is the number of channels that are contiguous in a blocked map.
const Lanes = simd.Lanes

// Shape is the logical shape of a blocked map: channels, height, width.
type Shape struct{ C, H, W int }

// Blocks returns the number of blocks of sixteen channels.
func (s Shape) Blocks() int { return (s.C + Lanes - 1) / Lanes }

// Len returns the number of values of the blocked map, with halo and spare lanes.
func (s Shape) Len() int { return s.Blocks() * s.plane() }

// Plain returns the number of values of the plain map, C*H*W.
func (s Shape) Plain() int { return s.C * s.H * s.W }

// Index returns the index of channel c, row y in -1..H and column x in -1..W in the blocked
// map.
func (s Shape) Index(c, y, x int) int {
	return c/Lanes*s.plane() + (y+1)*s.row() + (x+1)*Lanes + c%Lanes
}

// row and plane return the distances between rows and between blocks.
func (s Shape) row() int   { return (s.W + 2) * Lanes }
func (s Shape) plane() int { return (s.H + 2) * s.row() }

// line returns the interior of row y of block b.
func (s Shape) line(a []float32, b, y int) []float32 {
	o := b*s.plane() + (y+1)*s.row() + Lanes
	return a[o : o+s.W*Lanes : o+s.W*Lanes]
}

// Alloc returns n zeroed values that begin on a 64-byte boundary, the size of a cache line
// and of a vector register. For large slices it asks the system for large pages.
func Alloc(n int) []float32 {
	const align = 64
	if n <= 0 {
		return nil
	}
	a := make([]float32, n+align/4-1)
	o := int(-uintptr(unsafe.Pointer(unsafe.SliceData(a)))%align) / 4
	a = a[o : o+n : o+n]
	if 4*n >= 2*hugePage {
		LargePages(a)
	}
	return a
}

// Pack writes the plain map src [C][H][W] into the blocked map dst. It sets spare lanes to
// zero and does not write the halo.
func Pack(w Workers, dst, src []float32, s Shape) {
	check("Pack", s, operand{"dst", dst, s.Len()}, operand{"src", src, s.Plain()})
	w.Each(s.Blocks()*s.H, func(i int) {
		b, y := i/s.H, i%s.H
		d := s.line(dst, b, y)
		for l := range Lanes {
			c := b*Lanes + l
			if c >= s.C {
				for x := range s.W {
					d[x*Lanes+l] = 0
				}
				continue
			}
			row := src[(c*s.H+y)*s.W:][:s.W]
			for x, v := range row {
				d[x*Lanes+l] = v
			}
		}
	})
}

// Unpack writes the interior of the blocked map src into the plain map
// dst [C][H][W].
func Unpack(w Workers, dst, src []float32, s Shape) {
	check("Unpack", s, operand{"dst", dst, s.Plain()}, operand{"src", src, s.Len()})
	w.Each(s.Blocks()*s.H, func(i int) {
		b, y := i/s.H, i%s.H
		row, d := s.line(src, b, y), dst[(b*Lanes*s.H+y)*s.W:]
		if n := s.C - b*Lanes; n < Lanes {
			for l := range n {
				for x := range s.W {
					d[l*s.H*s.W+x] = row[x*Lanes+l]
				}
			}
			return
		}
		simd.ToPlanes(d, s.H*s.W, row, nil, s.W)
	})
}

// operand is an argument and the least length that a kernel requires.
type operand struct {
	name string
	data []float32
	want int
}

// check panics if a shape is negative or an operand is too short.
func check(kernel string, s Shape, ops ...operand) {
	if s.C < 0 || s.H < 0 || s.W < 0 {
		panic(fmt.Sprintf("kernel: %s: negative shape %d x %d x %d", kernel, s.C, s.H, s.W))
	}
	for _, o := range ops {
		if len(o.data) < o.want {
			panic(fmt.Sprintf("kernel: %s: %s has %d values, %d are needed for shape %d x %d x %d",
				kernel, o.name, len(o.data), o.want, s.C, s.H, s.W))
		}
	}
}
