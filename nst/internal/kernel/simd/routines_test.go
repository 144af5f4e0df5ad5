package simd

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"unsafe"
)

var free = float32(math.Inf(-1)) // as low: changes nothing

// call is a call of a routine, with operands that have just the length they need.
type call struct {
	name  string
	sizes []int
	run   func(a [][]float32)
}

// calls lists calls of every routine. The strides leave gaps,
// which must not be written to.
func calls() (list []call) {
	try := func(name string, sizes []int, run func(a [][]float32)) {
		list = append(list, call{name, sizes, run})
	}
	try("FilterPoints", []int{(Points-1)*40 + Lanes, Taps * Lanes},
		func(a [][]float32) {
			w := a[1][: Taps*Lanes : len(a[1])] // a call that is too short panics here
			FilterPoints(a[0], 40, (*[Taps][Lanes]float32)(unsafe.Pointer(&w[0])))
		})
	for mr := 1; mr <= TilePixels; mr++ {
		for nb := 1; nb <= 2; nb++ {
			const kb, ms, vs = 2, 250, 240
			try(fmt.Sprint("Gemm ", mr, nb), []int{(nb-1)*ms + mr*Lanes, (kb-1)*vs + mr*Lanes, (kb*Lanes-1)*PanelRow + nb*Lanes},
				func(a [][]float32) { Gemm(a[0], ms, a[1], vs, a[2], a[2], kb, mr, nb) })
			taps := []int{2, 3, 4, 21, 22, 40}
			try(fmt.Sprint("ImageTile ", mr, nb), []int{(nb-1)*ms + mr*Lanes, 40 + mr, 5*PanelRow + nb*Lanes, nb * Lanes},
				func(a [][]float32) { ImageTile(a[0], ms, a[1], taps, a[2], a[3], mr, nb) })
		}
	}
	for n := 1; n <= 3; n++ {
		const stride, row, words = 53, 16 * 17, 18
		const low = 36 * stride
		width := (n-1)*TileOut + TileIn
		in, mask := (TileIn-1)*row+width*Lanes, ((TileIn-1)*words+width)/2
		try(fmt.Sprint("InputPoints ", n), []int{35*stride + n*Lanes, in},
			func(a [][]float32) { InputPoints(a[0], stride, a[1], nil, row, 0, n) })
		try(fmt.Sprint("InputPoints masked ", n), []int{35*stride + n*Lanes, in, mask},
			func(a [][]float32) { InputPoints(a[0], stride, a[1], Halves(a[2]), row, words, n) })
		split := low + 35*stride + (n-1)*TilePairs + Lanes/2
		try(fmt.Sprint("SplitPoints ", n), []int{split, in},
			func(a [][]float32) { SplitPoints(a[0], stride, low, a[1], nil, row, 0, n) })
		try(fmt.Sprint("SplitPoints masked ", n), []int{split, in, mask},
			func(a [][]float32) { SplitPoints(a[0], stride, low, a[1], Halves(a[2]), row, words, n) })
		for _, lowest := range []float32{0, free} {
			sizes := []int{3*row + n*TileOut*Lanes, 35*stride + n*Lanes, Lanes}
			try(fmt.Sprint("OutputPoints ", n, lowest), sizes,
				func(a [][]float32) { OutputPoints(a[0], row, a[1], stride, a[2], lowest, nil, 0, n, false) })
		}
		for _, stream := range []bool{false, true} {
			try(fmt.Sprint("OutputPoints with bits ", n, stream), []int{3*row + n*TileOut*Lanes, 35*stride + n*Lanes, Lanes, (3*words + n*TileOut) / 2},
				func(a [][]float32) {
					OutputPoints(a[0], row, a[1], stride, a[2], 0, Halves(a[3]), words, n, stream)
				})
		}
		try(fmt.Sprint("OutputPoints past the caches ", n), []int{3*row + n*TileOut*Lanes, 35*stride + n*Lanes, Lanes},
			func(a [][]float32) { OutputPoints(a[0], row, a[1], stride, a[2], free, nil, 0, n, true) })
		for pixels := n + 3; pixels < 40; pixels += 17 {
			half := (pixels-1)*TilePairs + Lanes/2
			try(fmt.Sprint("BfloatRow ", pixels), []int{half, pixels * Lanes},
				func(a [][]float32) { BfloatRow(a[0], a[1], nil, pixels) })
			if pixels%2 == 0 {
				try(fmt.Sprint("BfloatRow masked ", pixels), []int{half, pixels * Lanes, pixels / 2},
					func(a [][]float32) { BfloatRow(a[0], a[1], Halves(a[2]), pixels) })
				for _, stream := range []bool{false, true} {
					try(fmt.Sprint("FinishRow with bits ", pixels, stream), []int{pixels * Lanes, pixels * Lanes, Lanes, pixels / 2},
						func(a [][]float32) { FinishRow(a[0][:pixels*Lanes], a[1], a[2], 0, Halves(a[3]), stream) })
				}
			}
			try(fmt.Sprint("FinishRow ", pixels), []int{pixels * Lanes, pixels * Lanes, Lanes},
				func(a [][]float32) { FinishRow(a[0][:pixels*Lanes], a[1], a[2], free, nil, false) })
			const low = 700
			try(fmt.Sprint("SplitRow ", pixels), []int{low + half, pixels * Lanes},
				func(a [][]float32) { SplitRow(a[0], a[1], low, pixels) })
			try(fmt.Sprint("PairRow ", pixels), []int{low + (pixels+1)/2*Lanes, pixels * Lanes},
				func(a [][]float32) { PairRow(a[0], a[1], low, pixels) })
		}
		{
			const kb, row, ms = 2, 60 * TilePairs, 3*TileSize + 32
			xs := 3*row + 16
			try(fmt.Sprint("RowProduct ", n), []int{ms + n*TileSize, (kb-1)*xs + 2*row + (n*TileRows+2)*TilePairs, kb * Taps * 2 * TileSize},
				func(a [][]float32) { RowProduct(a[0], ms, a[1], xs, row, a[2], kb, n) })
			plane, block := n*TilePairs+16, n*TileSize+32
			low := max(2*Lanes*plane, 2*block)
			try(fmt.Sprint("CrossProduct ", n), []int{4 * TileSize, low + (2*Lanes-1)*plane + n*TilePairs, low + block + n*TileSize},
				func(a [][]float32) { CrossProduct(a[0], a[1], a[2], plane, block, low, n) })
		}
		for pairs := 1; pairs <= 2; pairs++ {
			const kb = 2
			ms, vs := n*TileSize+16, n*TileSize+32
			try(fmt.Sprint("TripleProduct ", n, pairs), []int{(2*pairs-1)*ms + n*TileSize, kb*vs + (kb-1)*vs + n*TileSize, pairs * kb * 4 * TileSize},
				func(a [][]float32) { TripleProduct(a[0], ms, a[1], vs, kb*vs, a[2], kb, n, pairs) })
		}
	}
	for size := 3; size <= 7; size += 2 {
		const oplane, orow, plane, row = 150, 19, 300, 23
		try(fmt.Sprint("ImageBack ", size), []int{2*oplane + 5*orow + 16, 15*plane + (size+4)*row + 15 + size, Lanes * size * size * 4},
			func(a [][]float32) { ImageBack(a[0], oplane, orow, a[1], plane, row, a[2], a[2], size) })
	}
	for _, n := range []int{1, 15, 16, 17, 32, 40} {
		const stride = 43
		try(fmt.Sprint("ToPlanes ", n), []int{15*stride + n, n * Lanes},
			func(a [][]float32) { ToPlanes(a[0], stride, a[1], nil, n) })
		if n%2 == 0 {
			try(fmt.Sprint("ToPlanes masked ", n), []int{15*stride + n, n * Lanes, n / 2},
				func(a [][]float32) { ToPlanes(a[0], stride, a[1], Halves(a[2]), n) })
		}
	}
	for nb := 1; nb <= 3; nb++ {
		for _, rw := range [][2]int{{1, 1}, {2, 3}, {3, 7}} {
			const plane, row = 500, 130
			rows, width := rw[0], rw[1]
			try(fmt.Sprint("GramTile ", nb, rw), []int{GramRows * nb * Lanes, (rows-1)*row + (width-1)*Lanes + GramRows, (nb-1)*plane + (rows-1)*row + width*Lanes},
				func(a [][]float32) { GramTile(a[0], a[1], a[2], a[2], plane, row, rows, width, nb, GramRows) })
		}
	}
	for n := 1; n <= 3; n++ {
		const stride, next, shift = 90, 20, 4
		words := make([]uint64, n)
		for i := range words {
			words[i] = 0x8000_0000_0060_0001 << i
		}
		words[n-1] |= 1 << 63
		try(fmt.Sprint("SparseRows ", n), []int{3*stride + (n-1)*next + Lanes, (n-1)*3 + 63<<shift + 1, 64 * SparseRow},
			func(a [][]float32) { SparseRows(a[0], stride, next, a[1], 3, shift, a[2], words, n, a[1], nil, 5) })
		for block := range 4 {
			try(fmt.Sprint("GatherRow ", n, block), []int{(n-1)*stride + Lanes, n * Lanes, Lanes, 4 * n},
				func(a [][]float32) {
					words := make([]uint64, n)
					for i := range words {
						words[i] = 0xa5a5_5a5a_ff00_00ff
					}
					GatherRow(a[0], stride, a[1], a[2], words, block)
					for i, v := range words {
						for k := range 4 {
							a[3][4*i+k] = float32(v >> (16 * k) & 0xffff)
						}
					}
				})
		}
	}
	for _, n := range []int{1, 2, 5} {
		n *= Lanes
		three, five := []int{n, 2 * n, 2 * n}, []int{2 * n, 2 * n, n, 2 * n, 2 * n}
		try(fmt.Sprint("PoolMax ", n), three, func(a [][]float32) { PoolMax(a[0][:n], a[1], a[2], 1.7) })
		try(fmt.Sprint("PoolAverage ", n), three, func(a [][]float32) { PoolAverage(a[0][:n], a[1], a[2], 1.7) })
		try(fmt.Sprint("PoolL2 ", n), three, func(a [][]float32) { PoolL2(a[0][:n], a[1], a[2], 1.7) })
		for _, stream := range []bool{false, true} {
			try(fmt.Sprint("PoolMaxBack ", n, stream), five, func(a [][]float32) { PoolMaxBack(a[0], a[1], a[2][:n], a[3], a[4], 1.7, stream) })
			try(fmt.Sprint("PoolAverageBack ", n, stream), five[:3], func(a [][]float32) { PoolAverageBack(a[0], a[1], a[2][:n], nil, nil, 1.7, stream) })
			try(fmt.Sprint("PoolL2Back ", n, stream), five, func(a [][]float32) { PoolL2Back(a[0], a[1], a[2][:n], a[3], a[4], 1.7, stream) })
		}
	}
	for _, n := range []int{16, 48} {
		const stride = 50
		for rows := 1; rows <= 3; rows++ {
			try(fmt.Sprint("RankTwoHalf ", n, rows), []int{(rows-1)*stride + n, rows, rows, rows, n, n, n, rows, n},
				func(a [][]float32) {
					RankTwoHalf(a[0], stride, a[1], a[2], a[3], a[4][:n], a[5], a[6], a[7], a[8], rows)
				})
			try(fmt.Sprint("RankTwo ", n, rows), []int{(rows-1)*stride + n, rows, rows, n, n, n, n, rows, rows},
				func(a [][]float32) { RankTwo(a[0], stride, a[1], a[2], a[3][:n], a[4], a[5], a[6], a[7], a[8], rows) })
		}
	}
	for _, n := range []int{1, 15, 16, 33, 64} {
		three := []int{n, n, n}
		try(fmt.Sprint("Add ", n), three, func(a [][]float32) { Add(a[0][:n], a[1], a[2]) })
		try(fmt.Sprint("Difference ", n), three, func(a [][]float32) { Difference(a[0][:n], a[1], a[2], 0.3) })
		try(fmt.Sprint("AddScaled ", n), three, func(a [][]float32) { AddScaled(a[0][:n], a[1], 0.3, a[2]) })
		try(fmt.Sprint("Turn ", n), three, func(a [][]float32) { Turn(a[0][:n], a[1], a[2], 0.3, 0.7) })
		try(fmt.Sprint("Keep ", n), three, func(a [][]float32) { Keep(a[0][:n], a[1], a[2]) })
		try(fmt.Sprint("Relu ", n), []int{n, n}, func(a [][]float32) { Relu(a[0][:n], a[1]) })
		try(fmt.Sprint("Products ", n), []int{Lanes, n, n}, func(a [][]float32) {
			var acc [Lanes]float64
			Products(&acc, a[1][:n], a[2])
			for l, v := range acc {
				a[0][:Lanes][l] = float32(v)
			}
		})
		try(fmt.Sprint("Accumulate ", n), []int{n, n}, func(a [][]float32) {
			d := make([]float64, n)
			Accumulate(d, a[1][:n])
			Accumulate(d, a[1][:n])
			for i, v := range d {
				a[0][i] = float32(v)
			}
		})
		try(fmt.Sprint("Squares ", n), []int{Lanes, n, n}, func(a [][]float32) {
			var acc [Lanes]float64
			Squares(&acc, a[1][:n], a[2])
			for l, v := range acc {
				a[0][:Lanes][l] = float32(v)
			}
		})
	}
	return list
}

// TestCallsComplete checks that calls has every routine.
func TestCallsComplete(t *testing.T) {
	source, err := os.ReadFile("routines_other.go")
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{"Settle": true} // has no operands
	for _, c := range calls() {
		name, _, _ := strings.Cut(c.name, " ")
		called[name] = true
	}
	all := regexp.MustCompile(`(?m)^func (\w+)`).FindAllStringSubmatch(string(source), -1)
	for _, m := range all {
		if !called[m[1]] {
			t.Errorf("no call of %s is in the list", m[1])
		}
	}
	if len(all) < 20 {
		t.Errorf("only %d routines found", len(all))
	}
}

// bfloats are the routines on numbers of bfloat16.
var bfloats = regexp.MustCompile("^(Split|Pair|Bfloat|Triple|Row|Cross)")
