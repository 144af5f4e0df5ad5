package kernel

import (
	"fmt"

	"github.com/gonst/workbench/nst/internal/kernel/simd"
)

// binomial is the filter of the Gaussian pyramid, after Burt and Adelson, "The
// Laplacian Pyramid as a Compact Image Code" (1983), with a = 3/8.
var binomial = [5]float32{1. / 16, 4. / 16, 6. / 16, 4. / 16, 1. / 16}

// Downsample halves planes [planes][height][width]: it smooths with the binomial filter
// 1 4 6 4 1 (over 16) in both directions, and keeps the pixels at even positions. y is
// [planes][(height+1)/2][(width+1)/2]. The padding is not PadZero.
func Downsample(w Workers, y, x []float32, planes, height, width int, pad Padding) {
	oh, ow := half("Downsample", y, x, planes, height, width)
	w.Each(planes*oh, func(i int) {
		p, r := i/oh, i%oh
		mem := borrow(width + 4)
		defer mem.release()
		row := mem.data[:width+4] // smoothed vertically, with two more pixels on either side
		clear(row)
		for k, f := range binomial {
			simd.AddScaled(row[2:][:width], row[2:][:width], f, x[(p*height+pad.at(2*r+k-2, height))*width:][:width])
		}
		for _, i := range [4]int{-2, -1, width, width + 1} {
			row[i+2] = row[pad.at(i, width)+2]
		}
		out := y[i*ow:][:ow]
		for j := range out {
			v := (*[5]float32)(row[2*j:])
			out[j] = binomial[0]*v[0] + binomial[1]*v[1] + binomial[2]*v[2] + binomial[3]*v[3] + binomial[4]*v[4]
		}
	})
}

// DownsampleBackward computes dx [planes][height][width] from dy, the gradient with respect
// to the output of Downsample. It is the exact transpose of Downsample.
func DownsampleBackward(w Workers, dx, dy []float32, planes, height, width int, pad Padding) {
	oh, ow := half("DownsampleBackward", dy, dx, planes, height, width)
	if oh*ow == 0 {
		return
	}
	mem := borrow(planes * oh * width)
	defer mem.release()
	rows := mem.data[:planes*oh*width]
	w.Each(planes*oh, func(i int) {
		mem := borrow(width + 5)
		defer mem.release()
		row := mem.data[:width+5] // two more pixels on either side, and one that even widths do not use
		clear(row)
		for j, g := range dy[i*ow:][:ow] {
			v := (*[5]float32)(row[2*j:])
			for k, f := range binomial {
				v[k] += f * g
			}
		}
		d := rows[i*width:][:width]
		copy(d, row[2:])
		if pad == PadReplicate { // both belong to the edge: one sum
			d[0] += row[0] + row[1]
			d[width-1] += row[width+2] + row[width+3]
			return
		}
		for _, i := range [4]int{-2, -1, width, width + 1} {
			d[pad.at(i, width)] += row[i+2]
		}
	})
	w.Each(planes*height, func(i int) {
		p, r := i/height, i%height
		d := dx[i*width:][:width]
		clear(d)
		// Every tap of every row of dy that reads row r.
		from, to := max(0, (r-2)/2), min(oh, r/2+2)
		if pad == PadCircular && (r < 2 || r >= height-2) { // rows of the opposite edge read it, too
			from, to = 0, oh
		}
		for o := from; o < to; o++ {
			for k, f := range binomial {
				if pad.at(2*o+k-2, height) != r {
					continue
				}
				simd.AddScaled(d, d, f, rows[(p*oh+o)*width:][:width])
			}
		}
	})
}

// half checks the operands of both functions and returns the small size.
func half(kernel string, small, large []float32, planes, height, width int) (oh, ow int) {
	if planes < 0 || height < 0 || width < 0 {
		panic(fmt.Sprintf("kernel: %s: negative size %d x %d x %d", kernel, planes, height, width))
	}
	oh, ow = (height+1)/2, (width+1)/2
	if len(large) < planes*height*width || len(small) < planes*oh*ow {
		panic(fmt.Sprintf("kernel: %s: %d and %d values for %d planes of %d x %d and %d x %d",
			kernel, len(large), len(small), planes, height, width, oh, ow))
	}
	return oh, ow
}
