package nst

import (
	"context"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
	"github.com/gonst/workbench/nst/internal/topology"
)

// filtersOf returns a convolution's filters. They are read or drawn when a device first
// compiles them.
func (n *Network) filtersOf(l topology.Layer) *op.Filters {
	n.mu.Lock()
	defer n.mu.Unlock()
	f := n.filters[l.Name]
	if f == nil {
		f = &op.Filters{In: n.table.InChannels(l), Out: l.Channels, Size: l.Size, Padding: n.padding, Precision: n.precision,
			Numbers: func() (weight, bias []float32, err error) { return n.numbers(l) }}
		if l.Replicate || n.edge && n.table.OnImage(l) {
			f.Padding = n.replicated()
		}
		n.filters[l.Name] = f
	}
	return f
}

// replicated is the padding of layers that repeat the edge, whatever the others do: unless
// the image is a torus.
func (n *Network) replicated() kernel.Padding {
	if n.circular() {
		return kernel.PadCircular
	}
	return kernel.PadReplicate
}

// prepareFilters reads the filters of all layers that the named ones depend on, and
// prepares what the device keeps of them. The names must be known. If the context is
// cancelled, it stops between two layers and returns the context's error.
func (n *Network) prepareFilters(ctx context.Context, d cpu.Device, names ...string) error {
	var known []string
	for _, name := range names {
		l, err := n.layer(name)
		if err != nil {
			return err
		}
		known = append(known, l.Name)
	}
	for _, l := range n.table.Path(known...) {
		if l.Kind == topology.Convolution {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := d.Prepare(n.filtersOf(l), n.table.OnImage(l)); err != nil {
				return err
			}
		}
	}
	return nil
}

// numbers reads or draws a convolution's weights and biases.
func (n *Network) numbers(l topology.Layer) (weight, bias []float32, err error) {
	in := n.table.InChannels(l)
	if n.weights == nil {
		bias = make([]float32, l.Channels)
		if n.table.Init == topology.Steered {
			weight = orientedFilters(l)
		} else {
			weight = drawFilters(n.table.Init, n.seed, l, in)
		}
	} else if weight, bias, err = n.weights.Convolution(l.Name); err != nil {
		return nil, nil, errorf("weights of %s: %w", l.Name, err)
	}
	if want := l.Channels * in * l.Size * l.Size; len(weight) != want || len(bias) != l.Channels {
		return nil, nil, errorf("weights of %s: found %d weights and %d biases, the network has %d (%d x %d x %d x %d) and %d: is this a file for %s?",
			l.Name, len(weight), len(bias), want, l.Channels, in, l.Size, l.Size, l.Channels, n.table.Name)
	}
	for _, c := range n.calibration[l.Name] {
		weight, bias = c.apply(weight, bias)
	}
	return weight, bias, nil
}

// drawFilters draws a layer's random filters, [out][in][size][size]. Every layer has its
// own random stream, so that its filters depend only on the seed and on the layer's name
// and shape.
func drawFilters(init topology.Initialization, seed uint64, l topology.Layer, in int) []float32 {
	h := fnv.New64a()
	h.Write([]byte(l.Name))
	random := rand.New(rand.NewPCG(seed, h.Sum64()))
	area := l.Size * l.Size
	all := make([]float32, 0, l.Channels*in*area)
	filter := make([]float64, in*area)
	for o := range l.Channels {
		for i := range filter {
			filter[i] = random.NormFloat64()
		}
		switch init {
		case topology.HeNormal:
			scale := math.Sqrt(2 / float64(len(filter)))
			if in > 3 { // reads feature maps, not the three colours of the image
				removeMean(filter, area, in)
			}
			for i := range filter {
				filter[i] *= scale
			}
		case topology.UnitNorm:
			if o%5 != 4 {
				for c := range in {
					removeMean(filter[c*area:][:area], 1, area)
				}
			}
			norm := 0.0
			for _, v := range filter {
				norm += v * v
			}
			for i := range filter {
				filter[i] /= math.Sqrt(norm)
			}
		}
		for _, v := range filter {
			all = append(all, float32(v))
		}
	}
	return all
}

// removeMean subtracts from each of stride groups its mean. A group is count values that
// lie stride apart.
func removeMean(v []float64, stride, count int) {
	for first := range stride {
		mean := 0.0
		for i := range count {
			mean += v[first+i*stride]
		}
		mean /= float64(count)
		for i := range count {
			v[first+i*stride] -= mean
		}
	}
}

// circular reports whether the network takes the image for a torus.
func (n *Network) circular() bool { return n.padding == kernel.PadCircular }
