package kernel

import (
	"fmt"
	"math"
)

// VariationKind says how the differences of neighbouring pixels are weighted.
type VariationKind uint8

const (
	// VariationSquared is the sum of d^2 over all neighbours.
	VariationSquared VariationKind = iota
	// VariationAbsolute is the sum of |d| over all neighbours.
	VariationAbsolute
	// VariationPower is the sum of (dx^2+dy^2)^1.25 over the pixels that have
	// both a right and a lower neighbour, as in the Keras example.
	VariationPower
	// VariationCropped is the sum of dx^2+dy^2 over the same pixels, as in
	// jcjohnson's program.
	VariationCropped
	// VariationNinePoint is the sum of d^2 over all neighbours, also diagonal ones, of
	// planes with a repeated edge, as in crowsonkb's program.
	VariationNinePoint
)

var variationNames = [...]string{VariationSquared: "squared", VariationAbsolute: "absolute", VariationPower: "power", VariationCropped: "cropped", VariationNinePoint: "nine-point"}

func (k VariationKind) String() string {
	if int(k) < len(variationNames) {
		return variationNames[k]
	}
	return fmt.Sprintf("VariationKind(%d)", uint8(k))
}

func (k VariationKind) check(kernel string, x []float32, planes, height, width int) {
	if int(k) >= len(variationNames) {
		panic(fmt.Sprintf("kernel: %s: unknown kind %d", kernel, uint8(k)))
	}
	if planes < 0 || height < 0 || width < 0 || len(x) < planes*height*width {
		panic(fmt.Sprintf("kernel: %s: %d values for %d planes of %d x %d", kernel, len(x), planes, height, width))
	}
}

// Variation returns the total variation of planes x [planes][height][width]:
//
//	wx * sum f(x[p][i][j+1] - x[p][i][j]) + wy * sum f(x[p][i+1][j] - x[p][i][j])
//
// with f(d) = d^2 or |d|. VariationPower uses only wx. VariationPower and VariationCropped
// omit the differences within the last row and the last column. VariationNinePoint has wx
// for all straight differences and wy for the diagonal ones. Differences are in
// float32 and sums in float64.
func Variation(w Workers, kind VariationKind, wx, wy float64, x []float32, planes, height, width int) float64 {
	kind.check("Variation", x, planes, height, width)
	if kind == VariationNinePoint {
		return ninePoint(w, wx, wy, x, planes, height, width)
	}
	sums := make([]float64, planes*height)
	w.Each(len(sums), func(i int) {
		row := x[i*width:][:width]
		var below []float32
		if i%height+1 < height {
			below = x[(i+1)*width:][:width]
		}
		if kind == VariationPower {
			if below == nil {
				return
			}
			var s float64
			for j := 0; j+1 < width; j++ {
				a, b := float64(row[j+1]-row[j]), float64(below[j]-row[j])
				q := a*a + b*b
				s += q * math.Sqrt(math.Sqrt(q))
			}
			sums[i] = wx * s
			return
		}
		var h, v float64
		if kind == VariationCropped {
			if below == nil {
				return
			}
			below = below[:max(width-1, 0)]
		}
		for j := 0; j+1 < width; j++ {
			h += weigh(kind, row[j+1]-row[j])
		}
		for j := range below {
			v += weigh(kind, below[j]-row[j])
		}
		sums[i] = wx*h + wy*v
	})
	return addUp(sums)
}

func weigh(kind VariationKind, d float32) float64 {
	if kind == VariationAbsolute {
		return math.Abs(float64(d))
	}
	return float64(d) * float64(d)
}

// VariationBackward computes dx, scale times the gradient of Variation. The gradient of |d|
// at 0 is 0.
func VariationBackward(w Workers, kind VariationKind, wx, wy, scale float64, dx, x []float32, planes, height, width int) {
	kind.check("VariationBackward", x, planes, height, width)
	kind.check("VariationBackward", dx, planes, height, width)
	if kind == VariationNinePoint {
		ninePointBackward(w, wx, wy, scale, dx, x, planes, height, width)
		return
	}
	if kind == VariationPower {
		const rows = 16
		bands := (height + rows - 1) / rows
		w.Each(planes*bands, func(i int) {
			p, from := i/bands, i%bands*rows
			size := height * width
			variationPowerBackward(dx[p*size:][:size], x[p*size:][:size], from, min(from+rows, height), height, width, wx*scale)
		})
		return
	}
	w.Each(planes*height, func(i int) {
		y := i % height
		row := x[i*width:][:width]
		above, below := row, row // at the edge: differences of 0
		if y > 0 {
			above = x[(i-1)*width:][:width]
		}
		if y+1 < height {
			below = x[(i+1)*width:][:width]
		}
		d := dx[i*width:][:width]
		fx, fy := wx*scale, wy*scale
		if kind == VariationCropped && y+1 == height {
			fx = 0
		}
		for j, v := range row {
			if kind == VariationCropped && j+1 == width {
				fy = 0
			}
			left, right := row[max(j-1, 0)], row[min(j+1, width-1)]
			d[j] = float32(fx*(slope(kind, v-left)-slope(kind, right-v)) +
				fy*(slope(kind, v-above[j])-slope(kind, below[j]-v)))
		}
	})
}

// slope is the derivative of weigh.
func slope(kind VariationKind, d float32) float64 {
	switch {
	case kind != VariationAbsolute:
		return 2 * float64(d)
	case d > 0:
		return 1
	case d < 0:
		return -1
	}
	return float64(d) // 0, or NaN
}

// variationPowerBackward computes scale times the gradient of the term of VariationPower
// for rows from … to-1 of one plane. A pixel occurs in its own term, in that of its left
// neighbour and in that of the one above.
func variationPowerBackward(dx, x []float32, from, to, height, width int, scale float64) {
	mem := borrow(4 * width)
	defer mem.release()
	// steep[j] is the slope of q^1.25 along a difference over that difference,
	// 2.5*q^0.25 with q = a^2+b^2, in the row above and in this one.
	above, here := mem.doubles()[:width], mem.doubles()[width:2*width]
	terms := func(steep []float64, y int) {
		clear(steep)
		if y < 0 || y+1 >= height {
			return
		}
		row, below := x[y*width:][:width], x[(y+1)*width:][:width]
		for j := range width - 1 {
			a, b := float64(row[j+1]-row[j]), float64(below[j]-row[j])
			steep[j] = 2.5 * math.Sqrt(math.Sqrt(a*a+b*b))
		}
	}
	terms(above, from-1)
	for y := from; y < to; y++ {
		terms(here, y)
		row, d := x[y*width:][:width], dx[y*width:][:width]
		up, down := row, row // at the edge: differences of 0
		if y > 0 {
			up = x[(y-1)*width:][:width]
		}
		if y+1 < height {
			down = x[(y+1)*width:][:width]
		}
		left := 0.0 // the gradient from the left neighbour's term
		for j, v := range row {
			right := 0.0
			if j+1 < width {
				right = float64(row[j+1]-v) * here[j]
			}
			d[j] = float32(scale * (left - right - float64(down[j]-v)*here[j] + float64(v-up[j])*above[j]))
			left = right
		}
		above, here = here, above
	}
}
