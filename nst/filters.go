package nst

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
	"github.com/gonst/workbench/nst/internal/topology"
)

// filtersOf returns a convolution's filters, whose numbers are read or drawn when a
// device first compiles it.
func (n *Network) filtersOf(l topology.Layer) *op.Filters {
	n.mu.Lock()
	defer n.mu.Unlock()
	f := n.filters[l.Name]
	if f == nil {
		f = &op.Filters{In: n.table.InChannels(l), Out: l.Channels, Size: l.Size, Padding: n.padding, Precision: n.precision,
			Numbers: func() (weight, bias []float32, err error) { return n.numbers(l) }}
		if l.Replicate {
			f.Padding = kernel.PadReplicate
		}
		n.filters[l.Name] = f
	}
	return f
}

// prepareFilters reads the filters of all layers that computing the named ones takes
// and prepares what the device keeps of them. The names must be known.
func (n *Network) prepareFilters(d cpu.Device, names ...string) error {
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
		weight, bias = drawFilters(n.table.Init, n.seed, l, in), make([]float32, l.Channels)
	} else if weight, bias, err = n.weights.Convolution(l.Name); err != nil {
		return nil, nil, fmt.Errorf("nst: weights of %s: %w", l.Name, err)
	}
	if want := l.Channels * in * l.Size * l.Size; len(weight) != want || len(bias) != l.Channels {
		return nil, nil, fmt.Errorf("nst: weights of %s: found %d weights and %d biases, want %d (%d x %d x %d x %d) and %d: is this a file for %s?",
			l.Name, len(weight), len(bias), want, l.Channels, in, l.Size, l.Size, l.Channels, n.table.Name)
	}
	if c, ok := n.calibration[l.Name]; ok {
		weight, bias = c.apply(weight)
	}
	return weight, bias, nil
}

// drawFilters makes a layer's random filters, [out][in][size][size]. Every layer has
// a stream of its own, so that its filters depend on the seed and on its name
// and shape only.
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
			if in > 3 { // on maps, not on the three colours of the image
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

// removeMean makes groups of count values, stride apart, have mean zero. There
// are stride groups.
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

// calibration scales and shifts a layer's filters so that their responses have
// mean zero and variance one over given images.
type calibration struct{ scale, bias []float32 }

func (c calibration) apply(weight []float32) (scaled, bias []float32) {
	scaled = make([]float32, len(weight))
	per := len(weight) / len(c.scale)
	for i, v := range weight {
		scaled[i] = v * c.scale[i/per]
	}
	return scaled, c.bias
}

// NeedsCalibration tells whether the network's filters are meant to be fitted
// to the images before use: a pyramid's are, once.
func (n *Network) NeedsCalibration() bool {
	return n.table.Init == topology.UnitNorm && n.weights == nil && n.calibration == nil
}

// Calibrated returns the network with every filter scaled, and its bias set,
// so that its responses before the ReLU have mean zero and variance one over
// all positions of the images, each image counting alike. Filters that never
// respond stay as they are. It is deterministic, and makes no difference to
// which pictures can be told apart, only to how much each filter counts.
func (n *Network) Calibrated(images ...*Image) (*Network, error) {
	if len(images) == 0 {
		return nil, fmt.Errorf("nst: calibrate %s: no images given", n.table.Name)
	}
	var names []string
	for _, l := range n.table.Layers {
		if l.Kind == topology.Convolution {
			names = append(names, l.Name)
		}
	}
	defer kernel.Use()()
	sums := map[string]*responses{}
	for _, name := range names { // one layer at a time: all maps together would be the most that a run ever takes
		for _, m := range images {
			if err := n.respond(sums, name, m); err != nil {
				return nil, err
			}
		}
	}
	c := &Network{
		table: n.table, pooling: n.pooling, poolScale: n.poolScale, padding: n.padding, precision: n.precision,
		seed: n.seed, calibration: map[string]calibration{}, filters: map[string]*op.Filters{},
	}
	for name, m := range sums {
		c.calibration[name] = m.calibration(len(images))
	}
	return c, nil
}

// responses are a layer's mean responses and squared responses, summed over images.
type responses struct{ mean, square []float64 }

func newResponses(channels int) *responses {
	return &responses{make([]float64, channels), make([]float64, channels)}
}

// respond adds an image's responses at a layer.
func (n *Network) respond(sums map[string]*responses, name string, m *Image) error {
	w := workers(0)
	d := cpu.Device{Workers: w}
	if err := n.prepareFilters(d, name); err != nil {
		return err
	}
	graph.Building.Lock()
	x := imageNode(gorgonia.NewGraph(), m.Width, m.Height)
	features, err := n.forward(x, []string{name})
	var p *graph.Program
	if err == nil {
		p, err = graph.Compile(graph.Options{Device: d}, []graph.Input{{Node: x, Rate: graph.PerEvaluation}}, features[name].node)
	}
	graph.Building.Unlock()
	if err != nil {
		return err
	}
	defer p.Close()
	copy(p.Input(0), m.Pix)
	if err := p.Run(context.Background()); err != nil {
		return err
	}
	s := features[name].shape()
	if sums[name] == nil {
		sums[name] = newResponses(s.C)
	}
	sums[name].add(w, p.Output(0), s)
	return nil
}

// add adds the responses of a blocked map, in the order of the positions.
func (m *responses) add(w kernel.Workers, data []float32, s kernel.Shape) {
	area := float64(s.H * s.W)
	w.Each(s.Blocks(), func(b int) {
		var sum, square [kernel.Lanes]float64
		for y := range s.H {
			row := data[s.Index(b*kernel.Lanes, y, 0):][:s.W*kernel.Lanes]
			for i, v := range row {
				sum[i%kernel.Lanes] += float64(v)
				square[i%kernel.Lanes] += float64(v) * float64(v)
			}
		}
		for l := range min(kernel.Lanes, s.C-b*kernel.Lanes) {
			m.mean[b*kernel.Lanes+l] += sum[l] / area
			m.square[b*kernel.Lanes+l] += square[l] / area
		}
	})
}

func (m *responses) calibration(images int) calibration {
	c := calibration{make([]float32, len(m.mean)), make([]float32, len(m.mean))}
	for i := range m.mean {
		mean := m.mean[i] / float64(images)
		deviation := math.Sqrt(max(0, m.square[i]/float64(images)-mean*mean))
		if deviation < 1e-6 {
			c.scale[i] = 1
			continue
		}
		c.scale[i] = float32(1 / deviation)
		c.bias[i] = float32(-mean / deviation)
	}
	return c
}
