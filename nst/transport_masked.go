package nst

import (
	"math"

	"gorgonia.org/gorgonia"
)

// Sorted values with weights. On a line, the optimal transport between two distributions of
// weighted values gives each value the one at the same share of the weight below it. Where
// two values of different weights change their order, these shares jump: with masks that fade,
// the value is a little rough, and its gradient that between the jumps.

// masks lists the masks of the image and of the targets.
func (t transport) masks() []*Mask {
	var all []*Mask
	for _, s := range append([]Target{{Mask: t.mask}}, t.targets...) {
		if s.Mask != nil {
			all = append(all, s.Mask)
		}
	}
	return all
}

// masked returns the loss at a layer with masks.
func (t transport) masked(c *Context, layer string, shares []float64) *gorgonia.Node {
	f := c.Feature(layer)
	rows := t.rows(c, f)
	k, m := rows.Shape()[0], rows.Shape()[1]
	var aims []*gorgonia.Node
	weights := f.Masked(t.mask).Weights()
	for _, s := range t.targets {
		there := c.Target(s.Image, layer)
		values := []*gorgonia.Node{t.rows(c, there)}
		if s.Mask != nil {
			values = append(values, there.Masked(s.Mask).Weights())
		}
		from := values[0].Shape()[1]
		in := []*gorgonia.Node{rows, c.Op(distribution(k, from), values...)}
		if weights != nil {
			in = append(in, weights)
		}
		aims = append(aims, c.Op(assignShare(k, m, from), in...))
	}
	aim := c.WeightedSum(shares, aims...)
	if weights != nil {
		rows, aim = c.Op(weighRows(k, m), rows, weights), c.Op(weighRows(k, m), aim, weights)
	}
	return t.compare(c, rows, aim, aim)
}

// distribution sorts each of k rows of n values. A row of the result has the values, then for
// each the share of the weight below it, with half its own. Weights are the second input, if
// there is one. Values without weight are left out; the last one is repeated. It is a constant.
func distribution(k, n int) Operation {
	return Operation{Name: "distribution", Shape: []int{k, 2 * n}, Run: func(p Parallel, out []float32, in [][]float32) {
		eachSorted(p, in[0], k, n, func(i int, order []uint64) {
			row := in[0][i*n:][:n]
			values, shares := out[2*i*n:][:n], out[(2*i+1)*n:][:n]
			sum, count := 0.0, 0
			for _, at := range order {
				w := 1.0
				if len(in) > 1 {
					w = float64(in[1][uint32(at)])
				}
				if w > 0 {
					values[count], shares[count] = row[uint32(at)], float32((sum+w/2)/float64(n))
					sum += w
					count++
				}
			}
			for j := max(count, 1); j < n; j++ {
				values[j], shares[j] = values[j-1], shares[j-1]
			}
		})
	}}
}

// assignShare gives each of the m values of a row the value of the distribution, the second
// input with n values in a row, at the same share of the weight below it, by linear
// interpolation. The weights are the third input, if there is one. It counts as a constant.
func assignShare(k, m, n int) Operation {
	return Operation{Name: "assignment by share", Shape: []int{k, m}, Run: func(p Parallel, out []float32, in [][]float32) {
		eachSorted(p, in[0], k, m, func(i int, order []uint64) {
			to := out[i*m:][:m]
			values, shares := in[1][2*i*n:][:n], in[1][(2*i+1)*n:][:n]
			sum, j := 0.0, 0
			for _, at := range order {
				w := 1.0
				if len(in) > 2 {
					w = float64(in[2][uint32(at)])
				}
				share := (sum + w/2) / float64(m)
				sum += w
				for j < n && float64(shares[j]) < share {
					j++
				}
				switch {
				case j == 0:
					to[uint32(at)] = values[0]
				case j == n:
					to[uint32(at)] = values[n-1]
				default:
					low, high := float64(shares[j-1]), float64(shares[j])
					t := (share - low) / (high - low)
					to[uint32(at)] = float32(float64(values[j-1]) + float64(t*(float64(values[j])-float64(values[j-1]))))
				}
			}
		})
	}}
}

// weighRows multiplies each of k rows of m values by the square roots of the weights, the
// second input.
func weighRows(k, m int) Operation {
	weigh := func(p Parallel, out, rows, weights []float32) {
		p.Each(k, func(i int) {
			for j, w := range weights {
				out[i*m+j] = float32(math.Sqrt(float64(w))) * rows[i*m+j]
			}
		})
	}
	return Operation{Name: "weighing of rows", Shape: []int{k, m},
		Run: func(p Parallel, out []float32, in [][]float32) { weigh(p, out, in[0], in[1]) },
		Gradient: func(p Parallel, input int, din, dout []float32, in [][]float32) {
			if input == 1 {
				clear(din)
				return
			}
			weigh(p, din, dout, in[1])
		}}
}
