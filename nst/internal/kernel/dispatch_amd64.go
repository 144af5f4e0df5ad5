//go:build !purego

package kernel

import (
	"math"
	"unsafe"
)

// These choose the routine, and check what it reads and writes: the assembly
// knows no lengths. They call routines by name, not through a table, so that
// arguments need not escape.

// tilePixels is the most pixels that gemm and imageTile take at once; AVX2 takes
// six at a time of them.
const tilePixels = 14

const tilePixelsAVX2 = 6

// reach panics unless a[at-1] exists.
func reach(a []float32, at int) { _ = a[:at:len(a)] }

// settle waits until what this goroutine has written past the caches is there for
// everybody.
func settle() {
	if active != portable {
		storeFence()
	}
}

// low is the least value that is let through.
func low(relu bool) float32 {
	if relu {
		return 0
	}
	return float32(math.Inf(-1))
}

func gemm(m []float32, mStride int, v []float32, vStride int, u, next []float32, kb, mr, nb int) {
	if active == portable || kb < 1 || mr < 1 {
		gemmPortable(m, mStride, v, vStride, u, kb, mr, nb)
		return
	}
	reach(m, (nb-1)*mStride+mr*Lanes)
	reach(v, (kb-1)*vStride+mr*Lanes)
	reach(u, (kb*Lanes-1)*panelRow+nb*Lanes)
	if active == avx512 {
		gemmAVX512(&m[0], &v[0], &u[0], unsafe.SliceData(next), mStride, vStride, kb, mr, nb)
		return
	}
	for t := 0; t < mr; t += tilePixelsAVX2 {
		n := min(tilePixelsAVX2, mr-t)
		for j := range nb {
			gemmAVX2(&m[j*mStride+t*Lanes], &v[t*Lanes], &u[j*Lanes], unsafe.SliceData(next), mStride, vStride, kb, n)
		}
	}
}

func filterPoints(u []float32, stride int, w *[taps][Lanes]float32) {
	if active == portable {
		filterPointsPortable(u, stride, w)
		return
	}
	reach(u, (points-1)*stride+Lanes)
	if active == avx512 {
		filterPointsAVX512(&u[0], &w[0][0], stride)
	} else {
		filterPointsAVX2(&u[0], &w[0][0], stride)
	}
}

func inputPoints(v []float32, stride int, src []float32, mask []uint16, row, maskRow, n int) {
	if active == portable || n < 1 {
		inputPointsPortable(v, stride, src, mask, row, maskRow, n)
		return
	}
	reach(v, (points-1)*stride+n*Lanes)
	reachTiles(src, mask, row, maskRow, n)
	switch {
	case active == avx512 && mask == nil:
		inputPointsAVX512(&v[0], &src[0], stride, row, n)
	case active == avx512:
		inputPointsMaskedAVX512(&v[0], &src[0], &mask[0], stride, row, n, maskRow)
	case mask == nil:
		inputPointsAVX2(&v[0], &src[0], stride, row, n)
	default:
		inputPointsMaskedAVX2(&v[0], &src[0], &mask[0], stride, row, n, maskRow)
	}
}

// reachTiles is reach for n tiles of inputs side by side, and their mask if there is one.
func reachTiles(src []float32, mask []uint16, row, maskRow, n int) {
	width := (n-1)*tileOut + tileIn
	reach(src, (tileIn-1)*row+width*Lanes)
	if mask != nil {
		_ = mask[: (tileIn-1)*maskRow+width : len(mask)]
	}
}

func outputPoints(dst []float32, row int, m []float32, stride int, bias []float32, relu bool, bits []uint16, bitsRow, n int, stream bool) {
	if active == portable || n < 1 {
		outputPointsPortable(dst, row, m, stride, bias, relu, bits, bitsRow, n)
		return
	}
	reach(dst, (tileOut-1)*row+n*tileOut*Lanes)
	reach(m, (points-1)*stride+n*Lanes)
	reach(bias, Lanes)
	record := relu && bits != nil
	if record {
		_ = bits[: (tileOut-1)*bitsRow+n*tileOut : len(bits)]
	}
	stream = stream && row%Lanes == 0 && uintptr(unsafe.Pointer(&dst[0]))%(4*Lanes) == 0
	wide := active == avx512
	switch {
	case record && wide && stream:
		streamPointsRecordedAVX512(&dst[0], &m[0], &bias[0], &bits[0], row, stride, n, bitsRow)
	case record && wide:
		outputPointsRecordedAVX512(&dst[0], &m[0], &bias[0], &bits[0], row, stride, n, bitsRow)
	case record && stream:
		streamPointsRecordedAVX2(&dst[0], &m[0], &bias[0], &bits[0], row, stride, n, bitsRow)
	case record:
		outputPointsRecordedAVX2(&dst[0], &m[0], &bias[0], &bits[0], row, stride, n, bitsRow)
	case wide && stream:
		streamPointsAVX512(&dst[0], &m[0], &bias[0], row, stride, n, low(relu))
	case wide:
		outputPointsAVX512(&dst[0], &m[0], &bias[0], row, stride, n, low(relu))
	case stream:
		streamPointsAVX2(&dst[0], &m[0], &bias[0], row, stride, n, low(relu))
	default:
		outputPointsAVX2(&dst[0], &m[0], &bias[0], row, stride, n, low(relu))
	}
}

func imageTile(y []float32, yStride int, x []float32, taps []int, u, bias []float32, mr, nb int) {
	if active == portable || len(taps) == 0 || mr < 1 {
		imageTilePortable(y, yStride, x, taps, u, bias, mr, nb)
		return
	}
	n := len(taps)
	reach(y, (nb-1)*yStride+mr*Lanes)
	reach(u, (n-1)*panelRow+nb*Lanes)
	reach(bias, nb*Lanes)
	reach(x, taps[n-1]+mr) // taps ascend
	_ = x[taps[0]]
	if active == avx512 {
		imageTileAVX512(&y[0], &x[0], &u[0], &bias[0], &taps[0], n, yStride, mr, nb)
		return
	}
	for t := 0; t < mr; t += tilePixelsAVX2 {
		k := min(tilePixelsAVX2, mr-t)
		for j := range nb {
			imageTileAVX2(&y[j*yStride+t*Lanes], &x[t], &u[j*Lanes], &bias[j*Lanes], &taps[0], n, yStride, k)
		}
	}
}

func imageBack(out []float32, oplane, orow int, x []float32, plane, row int, u, next []float32, size int) {
	if active == portable {
		imageBackPortable(out, oplane, orow, x, plane, row, u, size)
		return
	}
	reach(out, (backChannels-1)*oplane+(backRows-1)*orow+backCols)
	reach(x, (Lanes-1)*plane+(backRows+size-2)*row+backCols+size-1)
	reach(u, Lanes*size*size*4)
	if active == avx512 {
		imageBackAVX512(&out[0], &x[0], &u[0], unsafe.SliceData(next), oplane, orow, plane, row, size)
	} else {
		imageBackAVX2(&out[0], &x[0], &u[0], oplane, orow, plane, row, size)
	}
}

func gramTile(tile, a, b, next []float32, plane, row, rows, width, nb int) {
	if active == portable || rows < 1 || width < 1 {
		gramTilePortable(tile, a, b, plane, row, rows, width, nb)
		return
	}
	reach(tile, gramRows*nb*Lanes)
	reach(a, (rows-1)*row+(width-1)*Lanes+gramRows)
	reach(b, (nb-1)*plane+(rows-1)*row+width*Lanes)
	fetch := 0
	if len(next) > 0 {
		fetch = gramFetched
	}
	if active == avx512 {
		gramTileAVX512(&tile[0], &a[0], &b[0], unsafe.SliceData(next), plane, row, rows, width, fetch, nb)
		return
	}
	for j := range nb {
		gramTileAVX2(&tile[j*Lanes], &a[0], &b[j*plane], unsafe.SliceData(next), nb*Lanes, row, rows, width, fetch)
	}
}
