//go:build linux

package kernel

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guarded gives n values that end (or begin) exactly at a page that faults.
func guarded(t testing.TB, n int, atEnd bool) []float32 {
	page := unix.Getpagesize()
	size := (n*4+page-1)/page*page + 2*page
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(mem) })
	for _, edge := range [][]byte{mem[:page], mem[size-page:]} {
		if err := unix.Mprotect(edge, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	from := page
	if atEnd {
		from = size - page - 4*n
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&mem[from])), n)
}

// routine is a call with operands that have just the length they need.
type routine struct {
	name  string
	sizes []int
	call  func(a [][]float32)
}

// routines lists calls of everything that has assembly. The strides leave gaps,
// which must not be written to.
func routines() (list []routine) {
	try := func(name string, sizes []int, call func(a [][]float32)) {
		list = append(list, routine{name, sizes, call})
	}
	try("filterPoints", []int{(points-1)*40 + Lanes, taps * Lanes},
		func(a [][]float32) {
			w := a[1][: taps*Lanes : len(a[1])] // a call that is too short panics here
			filterPoints(a[0], 40, (*[taps][Lanes]float32)(unsafe.Pointer(&w[0])))
		})
	for mr := 1; mr <= tilePixels; mr++ {
		for nb := 1; nb <= 2; nb++ {
			const kb, ms, vs = 2, 250, 240
			try(fmt.Sprint("gemm ", mr, nb), []int{(nb-1)*ms + mr*Lanes, (kb-1)*vs + mr*Lanes, (kb*Lanes-1)*panelRow + nb*Lanes},
				func(a [][]float32) { gemm(a[0], ms, a[1], vs, a[2], a[2], kb, mr, nb) })
			taps := []int{2, 3, 4, 21, 22, 40}
			try(fmt.Sprint("imageTile ", mr, nb), []int{(nb-1)*ms + mr*Lanes, 40 + mr, 5*panelRow + nb*Lanes, nb * Lanes},
				func(a [][]float32) { imageTile(a[0], ms, a[1], taps, a[2], a[3], mr, nb) })
		}
	}
	for n := 1; n <= 3; n++ {
		const stride, row, words = 53, 16 * 17, 18
		const low = 36 * stride
		width := (n-1)*tileOut + tileIn
		in, mask := (tileIn-1)*row+width*Lanes, ((tileIn-1)*words+width)/2
		try(fmt.Sprint("inputPoints ", n), []int{35*stride + n*Lanes, in},
			func(a [][]float32) { inputPoints(a[0], stride, a[1], nil, row, 0, n) })
		try(fmt.Sprint("inputPoints masked ", n), []int{35*stride + n*Lanes, in, mask},
			func(a [][]float32) { inputPoints(a[0], stride, a[1], halves(a[2]), row, words, n) })
		split := low + 35*stride + (n-1)*tilePairs + Lanes/2
		try(fmt.Sprint("splitPoints ", n), []int{split, in},
			func(a [][]float32) { splitPoints(a[0], stride, low, a[1], nil, row, 0, n) })
		try(fmt.Sprint("splitPoints masked ", n), []int{split, in, mask},
			func(a [][]float32) { splitPoints(a[0], stride, low, a[1], halves(a[2]), row, words, n) })
		for _, relu := range []bool{false, true} {
			sizes := []int{3*row + n*tileOut*Lanes, 35*stride + n*Lanes, Lanes}
			try(fmt.Sprint("outputPoints ", n, relu), sizes,
				func(a [][]float32) { outputPoints(a[0], row, a[1], stride, a[2], relu, nil, 0, n, false) })
		}
		for _, stream := range []bool{false, true} {
			try(fmt.Sprint("outputPoints with bits ", n, stream), []int{3*row + n*tileOut*Lanes, 35*stride + n*Lanes, Lanes, (3*words + n*tileOut) / 2},
				func(a [][]float32) {
					outputPoints(a[0], row, a[1], stride, a[2], true, halves(a[3]), words, n, stream)
				})
		}
		try(fmt.Sprint("outputPoints past the caches ", n), []int{3*row + n*tileOut*Lanes, 35*stride + n*Lanes, Lanes},
			func(a [][]float32) { outputPoints(a[0], row, a[1], stride, a[2], false, nil, 0, n, true) })
		for pixels := n + 3; pixels < 40; pixels += 17 {
			half := (pixels-1)*tilePairs + Lanes/2
			try(fmt.Sprint("bfloatRow ", pixels), []int{half, pixels * Lanes},
				func(a [][]float32) { bfloatRow(a[0], a[1], nil, pixels) })
			if pixels%2 == 0 {
				try(fmt.Sprint("bfloatRow masked ", pixels), []int{half, pixels * Lanes, pixels / 2},
					func(a [][]float32) { bfloatRow(a[0], a[1], halves(a[2]), pixels) })
				for _, stream := range []bool{false, true} {
					try(fmt.Sprint("finishRow with bits ", pixels, stream), []int{pixels * Lanes, pixels * Lanes, Lanes, pixels / 2},
						func(a [][]float32) { finishRow(a[0][:pixels*Lanes], a[1], a[2], true, halves(a[3]), stream) })
				}
			}
			try(fmt.Sprint("finishRow ", pixels), []int{pixels * Lanes, pixels * Lanes, Lanes},
				func(a [][]float32) { finishRow(a[0][:pixels*Lanes], a[1], a[2], false, nil, false) })
			const low = 700
			try(fmt.Sprint("splitRow ", pixels), []int{low + half, pixels * Lanes},
				func(a [][]float32) { splitRow(a[0], a[1], low, pixels) })
			try(fmt.Sprint("pairRow ", pixels), []int{low + (pixels+1)/2*Lanes, pixels * Lanes},
				func(a [][]float32) { pairRow(a[0], a[1], low, pixels) })
		}
		{
			const kb, row, ms = 2, 60 * tilePairs, 3*tileSize + 32
			xs := 3*row + 16
			try(fmt.Sprint("rowProduct ", n), []int{ms + n*tileSize, (kb-1)*xs + 2*row + (n*tileRows+2)*tilePairs, kb * taps * 2 * tileSize},
				func(a [][]float32) { rowProduct(a[0], ms, a[1], xs, row, a[2], kb, n) })
			plane, block := n*tilePairs+16, n*tileSize+32
			low := max(2*Lanes*plane, 2*block)
			try(fmt.Sprint("crossProduct ", n), []int{4 * tileSize, low + (2*Lanes-1)*plane + n*tilePairs, low + block + n*tileSize},
				func(a [][]float32) { crossProduct(a[0], a[1], a[2], plane, block, low, n) })
		}
		for pairs := 1; pairs <= 2; pairs++ {
			const kb = 2
			ms, vs := n*tileSize+16, n*tileSize+32
			try(fmt.Sprint("tripleProduct ", n, pairs), []int{(2*pairs-1)*ms + n*tileSize, kb*vs + (kb-1)*vs + n*tileSize, pairs * kb * 4 * tileSize},
				func(a [][]float32) { tripleProduct(a[0], ms, a[1], vs, kb*vs, a[2], kb, n, pairs) })
		}
	}
	for size := 3; size <= 7; size += 2 {
		const oplane, orow, plane, row = 150, 19, 300, 23
		try(fmt.Sprint("imageBack ", size), []int{2*oplane + 5*orow + 16, 15*plane + (size+4)*row + 15 + size, Lanes * size * size * 4},
			func(a [][]float32) { imageBack(a[0], oplane, orow, a[1], plane, row, a[2], a[2], size) })
	}
	for _, n := range []int{1, 15, 16, 17, 32, 40} {
		const stride = 43
		try(fmt.Sprint("toPlanes ", n), []int{15*stride + n, n * Lanes},
			func(a [][]float32) { toPlanes(a[0], stride, a[1], nil, n) })
		if n%2 == 0 {
			try(fmt.Sprint("toPlanes masked ", n), []int{15*stride + n, n * Lanes, n / 2},
				func(a [][]float32) { toPlanes(a[0], stride, a[1], halves(a[2]), n) })
		}
	}
	for nb := 1; nb <= 3; nb++ {
		for _, rw := range [][2]int{{1, 1}, {2, 3}, {3, 7}} {
			const plane, row = 500, 130
			rows, width := rw[0], rw[1]
			try(fmt.Sprint("gramTile ", nb, rw), []int{gramRows * nb * Lanes, (rows-1)*row + (width-1)*Lanes + gramRows, (nb-1)*plane + (rows-1)*row + width*Lanes},
				func(a [][]float32) { gramTile(a[0], a[1], a[2], a[2], plane, row, rows, width, nb) })
		}
	}
	for _, n := range []int{1, 2, 5} {
		n *= Lanes
		for k := PoolMax; k <= PoolL2; k++ {
			try(fmt.Sprint("poolRow ", k, n), []int{n, 2 * n, 2 * n}, func(a [][]float32) { poolRow(k, 1.7, a[0][:n], a[1], a[2]) })
			for _, stream := range []bool{false, true} {
				try(fmt.Sprint("poolRowBackward ", k, n, stream), []int{2 * n, 2 * n, n, 2 * n, 2 * n},
					func(a [][]float32) { poolRowBackward(k, 1.7, a[0], a[1], a[2][:n], a[3], a[4], stream) })
			}
		}
	}
	for _, n := range []int{1, 15, 16, 33, 64} {
		three := []int{n, n, n}
		try(fmt.Sprint("add ", n), three, func(a [][]float32) { add(a[0], a[1][:n], a[2]) })
		try(fmt.Sprint("difference ", n), three, func(a [][]float32) { difference(a[0], a[1][:n], a[2], 0.3) })
		try(fmt.Sprint("addScaled ", n), three, func(a [][]float32) { addScaled(a[0][:n], a[1], 0.3, a[2]) })
		try(fmt.Sprint("keep ", n), three, func(a [][]float32) { keep(a[0], a[1][:n], a[2][:n]) })
		try(fmt.Sprint("relu ", n), []int{n, n}, func(a [][]float32) { relu(a[0], a[1][:n]) })
		try(fmt.Sprint("products ", n), []int{Lanes, n, n}, func(a [][]float32) {
			var acc [Lanes]float64
			products(&acc, a[1][:n], a[2])
			for l, v := range acc {
				a[0][:Lanes][l] = float32(v)
			}
		})
		try(fmt.Sprint("squares ", n), []int{Lanes, n, n}, func(a [][]float32) {
			var acc [Lanes]float64
			squares(&acc, a[1][:n], a[2])
			for l, v := range acc {
				a[0][:Lanes][l] = float32(v)
			}
		})
	}
	return list
}

// bfloats are the routines on numbers of bfloat16.
var bfloats = regexp.MustCompile("^(split|pair|bfloat|triple|row|cross)")

// TestGuard runs every routine of every set on operands that touch pages which
// fault, compares all operands with what the portable routine makes of them, and
// takes one value away from each operand, which must panic and not fault.
func TestGuard(t *testing.T) {
	for _, isa := range available() {
		for _, r := range routines() {
			want := make([][]float32, len(r.sizes))
			for k, n := range r.sizes {
				want[k] = random(uint64(k), n)
			}
			with(portable, func() { r.call(want) })
			for _, atEnd := range []bool{false, true} {
				got := make([][]float32, len(r.sizes))
				for k, n := range r.sizes {
					got[k] = guarded(t, n, atEnd)
					copy(got[k], random(uint64(k), n))
				}
				with(isa, func() { r.call(got) })
				for k := range got {
					for i := range got[k] {
						if bfloats.MatchString(r.name) {
							continue // other tests look at the numbers: here they are garbage
						}
						if math.Float32bits(got[k][i]) == math.Float32bits(want[k][i]) {
							continue
						}
						if d := math.Abs(float64(got[k][i] - want[k][i])); !(d <= 2e-5*(1+math.Abs(float64(want[k][i])))) {
							t.Fatalf("%v %s: operand %d, value %d of %d: %v, portable %v", isa, r.name, k, i, len(got[k]), got[k][i], want[k][i])
						}
					}
				}
				for k := range got {
					cut := slices.Clone(got)
					cut[k] = cut[k][: len(cut[k])-1 : len(cut[k])-1]
					func() {
						defer func() {
							if e, ok := recover().(error); !ok {
								t.Errorf("%v %s: a short operand %d did not panic with an error of the runtime: %v", isa, r.name, k, e)
							}
						}()
						with(isa, func() { r.call(cut) })
					}()
				}
			}
		}
	}
}
