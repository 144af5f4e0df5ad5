package nst

import (
	"cmp"
	"math"
	"math/rand/v2"
	"sync"

	"gorgonia.org/gorgonia"
)

// Sliced compares the distributions of whole feature vectors by their projections onto
// random directions (Heitz, Vanhoey, Chambon, Belcour 2021, "A Sliced Wasserstein Loss for
// Neural Texture Synthesis", CVPR, pages 9412 to 9420). On a line the Wasserstein distance
// is that of the sorted values. With P the projections onto K directions of length 1 at M
// positions, and T the target's values in the same order:
//
//	1/(K M) sum (sort(P) - sort(T))^2
//
// It sees everything of the distribution, not only its means and covariances. The
// authors draw new directions for each evaluation. Here they stay: a run minimises one
// function, as L-BFGS requires, and its bits follow from Seed.
type Sliced struct {
	Target  *Image // see Gram
	Targets []Target
	Mask    *Mask
	Layers  LayerWeights
	// Reduce is Mean, as above, if empty; or Sum, K M times as much; or Relative, divided
	// by the sum of T^2.
	Reduce Reduction
	// Directions is the number of directions; 0: as many as the layer has maps, as in the
	// paper.
	Directions int
	Seed       uint64
}

// Histogram compares the histogram of each map with that of the target's (Risser, Wilmot,
// Barnes 2017, "Stable and Controllable Neural Texture Synthesis and Style Transfer Using
// Histogram Losses", arXiv 1701.08893). It is the squared distance from the maps with
// their values replaced by the target's, in the order of their size:
//
//	1/(N M) sum (F - R(F))^2
//
// R counts as a constant. The paper matches histograms of a fixed number of bins; here the
// values themselves are matched, which is the limit of many bins.
type Histogram struct {
	Target  *Image // see Gram
	Targets []Target
	Mask    *Mask
	Layers  LayerWeights
	// Reduce is Mean, as above, if empty; or Sum, as in the paper; or Relative, divided by
	// the sum of R(F)^2.
	Reduce Reduction
}

var (
	_ Loss      = Sliced{}
	_ Validator = Sliced{}
	_ Loss      = Histogram{}
	_ Validator = Histogram{}
)

// Validate returns an error for an invalid option.
func (l Sliced) Validate() error {
	if l.Directions < 0 || l.Directions > 4096 {
		return errorf("%d directions: 0 (the default, the number of maps) to 4096 are accepted", l.Directions)
	}
	return l.transport().validate()
}

// Needs implements Loss.
func (l Sliced) Needs() Needs { return l.transport().needs() }

// Build implements Loss.
func (l Sliced) Build(c *Context) ([]Part, error) { return l.transport().build(c) }

func (l Sliced) transport() transport {
	return transport{TargetsOf(l.Target, l.Targets), l.Mask, l.Layers, l.Reduce, func(c *Context, f *Feature) *gorgonia.Node {
		n := f.N()
		k := cmp.Or(l.Directions, n)
		return c.Op(project(spread(l.Seed, k, n), k, n, f.M()), f.Matrix())
	}}
}

// Validate returns an error for an invalid option.
func (l Histogram) Validate() error { return l.transport().validate() }

// Needs implements Loss.
func (l Histogram) Needs() Needs { return l.transport().needs() }

// Build implements Loss.
func (l Histogram) Build(c *Context) ([]Part, error) { return l.transport().build(c) }

func (l Histogram) transport() transport {
	return transport{TargetsOf(l.Target, l.Targets), l.Mask, l.Layers, l.Reduce, func(_ *Context, f *Feature) *gorgonia.Node { return f.Matrix() }}
}

// transport compares the values of rows after sorting each row.
type transport struct {
	targets []Target
	mask    *Mask
	layers  LayerWeights
	reduce  Reduction
	rows    func(c *Context, f *Feature) *gorgonia.Node // of shape (K, M)
}

func (t transport) validate() error {
	for _, m := range t.masks() {
		if err := m.Validate(); err != nil {
			return err
		}
	}
	if _, err := matrixReductions.of("reduction", t.reduce); err != nil {
		return err
	}
	if _, err := shares(t.targets); err != nil {
		return err
	}
	return t.layers.Validate()
}

func (t transport) needs() Needs { return Statistic{Targets: t.targets, Layers: t.layers}.Needs() }

func (t transport) build(c *Context) ([]Part, error) {
	weights, err := shares(t.targets)
	if err != nil {
		return nil, err
	}
	var parts []Part
	for _, lw := range t.layers {
		if len(t.masks()) > 0 {
			parts = append(parts, Part{lw.Layer, lw.Weight, t.masked(c, lw.Layer, weights)})
			continue
		}
		rows := t.rows(c, c.Feature(lw.Layer))
		k, m := rows.Shape()[0], rows.Shape()[1]
		var aims []*gorgonia.Node
		for _, s := range t.targets {
			there := t.rows(c, c.Target(s.Image, lw.Layer))
			aims = append(aims, c.Op(quantiles(k, there.Shape()[1], m), there))
		}
		// The mean of sorted values is the distribution between those of several targets.
		aim := c.WeightedSum(weights, aims...)
		parts = append(parts, Part{lw.Layer, lw.Weight, t.compare(c, rows, c.Op(assign(k, m), rows, aim), aim)})
	}
	return parts, nil
}

// compare returns the reduced distance of rows from their assigned values. aim has the
// squares of these for Relative.
func (t transport) compare(c *Context, rows, assigned, aim *gorgonia.Node) *gorgonia.Node {
	scale := 1.0
	if cmp.Or(t.reduce, Mean) == Mean {
		scale = 1 / (float64(rows.Shape()[0]) * float64(rows.Shape()[1]))
	}
	d := c.SquaredDistance(rows, assigned, scale)
	if t.reduce == Relative {
		d = c.Ratio(d, c.SquaredNorm(aim))
	}
	return d
}

// project is D F, of k directions D of n maps and the maps F at m positions.
func project(d []float32, k, n, m int) Operation {
	turned := make([]float32, n*k)
	for i := range k {
		for j := range n {
			turned[j*k+i] = d[i*n+j]
		}
	}
	return Operation{Name: "projection", Shape: []int{k, m},
		Run: func(p Parallel, out []float32, in [][]float32) { Multiply(p, out, d, in[0], k, n, m) },
		Gradient: func(p Parallel, _ int, din, dout []float32, _ [][]float32) {
			Multiply(p, din, turned, dout, n, k, m)
		}}
}

// spread draws k directions in n dimensions, uniform on the sphere.
func spread(seed uint64, k, n int) []float32 {
	const stream = 0x736c69636564 // "sliced"
	source := rand.NewPCG(seed, stream)
	uniform := func() float64 { return float64(source.Uint64()>>11) / (1 << 53) }
	all := make([]float32, 0, k*n)
	row := make([]float64, n)
	for range k {
		sum := 0.0
		for j := range row { // Box and Muller's normal numbers
			radius := math.Sqrt(-2 * math.Log(1-uniform()))
			row[j] = radius * math.Cos(2*math.Pi*uniform())
			sum += float64(row[j] * row[j])
		}
		for _, v := range row {
			all = append(all, float32(v/math.Sqrt(sum)))
		}
	}
	return all
}

// quantiles sorts each of k rows of from values and reads m values from it, at equal
// distances, by linear interpolation. It is a constant.
func quantiles(k, from, m int) Operation {
	return Operation{Name: "quantiles", Shape: []int{k, m}, Run: func(p Parallel, out []float32, in [][]float32) {
		eachSorted(p, in[0], k, from, func(i int, order []uint64) {
			row, to := in[0][i*from:][:from], out[i*m:][:m]
			at := func(j int) float64 { return float64(row[uint32(order[min(max(j, 0), from-1)])]) }
			for j := range to {
				x := (float64(j)+0.5)*float64(from)/float64(m) - 0.5
				low := math.Floor(x)
				to[j] = float32(at(int(low)) + float64((x-low)*(at(int(low)+1)-at(int(low)))))
			}
		})
	}}
}

// assign gives each of the m values of a row the value of the same rank in the row of the
// second input, which is sorted. It counts as a constant.
func assign(k, m int) Operation {
	return Operation{Name: "assignment by rank", Shape: []int{k, m}, Run: func(p Parallel, out []float32, in [][]float32) {
		eachSorted(p, in[0], k, m, func(i int, order []uint64) {
			to, aim := out[i*m:][:m], in[1][i*m:][:m]
			for rank, at := range order {
				to[uint32(at)] = aim[rank]
			}
		})
	}}
}

// eachSorted calls f for each of k rows of m values with the indices of the values, in
// ascending order of the values: the lower 32 bits of order. Equal values keep their order.
func eachSorted(p Parallel, rows []float32, k, m int, f func(i int, order []uint64)) {
	pool := sync.Pool{New: func() any { return new([2][]uint64) }}
	p.Each(k, func(i int) {
		both := pool.Get().(*[2][]uint64)
		if both[0] == nil {
			*both = [2][]uint64{make([]uint64, m), make([]uint64, m)}
		}
		f(i, sorted(rows[i*m:][:m], both[0], both[1]))
		pool.Put(both)
	})
}

// sorted is a radix sort of three rounds, of which a and b are the working memory; the
// result is one of them.
func sorted(values []float32, a, b []uint64) []uint64 {
	const digit = 11
	var counts [3][1 << digit]int
	for i, v := range values {
		key := math.Float32bits(v) // in the order of the values after this:
		if key>>31 == 1 {
			key = ^key
		} else {
			key |= 1 << 31
		}
		a[i] = uint64(key)<<32 | uint64(i)
		for r := range counts {
			counts[r][key>>(r*digit)&(1<<digit-1)]++
		}
	}
	for r := range counts {
		sum := 0
		for d, n := range counts[r] {
			counts[r][d] = sum
			sum += n
		}
		for _, v := range a {
			d := v >> (32 + r*digit) & (1<<digit - 1)
			b[counts[r][d]] = v
			counts[r][d]++
		}
		a, b = b, a
	}
	return a
}
