package nst

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
	"github.com/gonst/workbench/nst/internal/topology"
)

// calibration scales and shifts the responses of a layer's filters.
type calibration struct{ scale, shift []float32 }

func (c calibration) apply(weight, bias []float32) (scaled, shifted []float32) {
	scaled, shifted = make([]float32, len(weight)), make([]float32, len(bias))
	per := len(weight) / len(bias)
	for i, v := range weight {
		scaled[i] = v * c.scale[i/per]
	}
	for i, v := range bias {
		shifted[i] = float32(v*c.scale[i]) + c.shift[i]
	}
	return scaled, shifted
}

// NeedsCalibration reports whether the network's filters must be fitted to the images
// before use. This is true for a pyramid without trained filters until it is calibrated.
func (n *Network) NeedsCalibration() bool {
	return n.table.Init != topology.HeNormal && n.weights == nil && n.calibration == nil
}

// Calibrated returns the network with scaled filters and changed biases, so that the
// responses of each filter, before the ReLU, have mean 0 and variance 1 over all
// positions of the images. Each image has the same weight. Trained filters keep their
// direction. A layer that reads feature maps is measured with the layers before it
// calibrated. Filters with a constant response do not change. In the oriented pyramid, a
// filter whose deviation is below a tenth of the layer's mean deviation is scaled as if it
// had that tenth: otherwise the colour filters would amplify the noise of a grey picture.
// A layer for which an image is too small is not calibrated. Calibrating a calibrated
// network fits it to the new images.
//
// threads is the number of threads, 0 for all processors; the result does not depend on it.
func (n *Network) Calibrated(ctx context.Context, threads int, images ...*Image) (*Network, error) {
	if len(images) == 0 {
		return nil, errorf("calibrate %s: no images given", n.table.Name)
	}
	for _, m := range images {
		if err := m.Validate(); err != nil {
			return nil, err
		}
	}
	defer kernel.Use()()
	c := &Network{
		table: n.table, pooling: n.pooling, poolScale: n.poolScale, padding: n.padding, edge: n.edge, precision: n.precision,
		weights: n.weights, seed: n.seed, calibration: map[string][]calibration{}, filters: map[string]*op.Filters{},
	}
	maps.Copy(c.calibration, n.calibration)
	for _, l := range n.table.Layers {
		if l.Kind != topology.Convolution {
			continue
		}
		sums := &responses{make([]float64, l.Channels), make([]float64, l.Channels)}
		err := error(nil)
		for _, m := range images { // one at a time, because the maps of all images together would need more memory than any other part of a run
			if err = c.respond(ctx, workers(threads), sums, l.Name, m); err != nil {
				break
			}
		}
		switch {
		case errors.Is(err, ErrTooSmall):
			continue
		case err != nil:
			return nil, err
		}
		c.calibration[l.Name] = append(slices.Clone(c.calibration[l.Name]), sums.calibration(len(images), n.table.Init == topology.Steered))
		delete(c.filters, l.Name) // they were measured without the calibration
	}
	return c, nil
}

// responses holds a layer's mean responses and mean squared responses, summed over images.
type responses struct{ mean, square []float64 }

// respond adds the responses of an image at a layer to sums.
func (n *Network) respond(ctx context.Context, w kernel.Workers, sums *responses, name string, m *Image) error {
	d := cpu.Device{Workers: w}
	if err := n.prepareFilters(ctx, d, name); err != nil {
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
	if err := p.Run(ctx); err != nil {
		return err
	}
	sums.add(w, p.Output(0), features[name].shape())
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

// calibration returns the scales and shifts. With floor, deviations below a tenth of their
// mean count as this tenth.
func (m *responses) calibration(images int, floor bool) calibration {
	c := calibration{make([]float32, len(m.mean)), make([]float32, len(m.mean))}
	mean, deviation, least := make([]float64, len(m.mean)), make([]float64, len(m.mean)), 0.0
	for i := range m.mean {
		mean[i] = m.mean[i] / float64(images)
		deviation[i] = math.Sqrt(max(0, m.square[i]/float64(images)-mean[i]*mean[i]))
		if floor {
			least += 0.1 * deviation[i] / float64(len(m.mean))
		}
	}
	for i := range m.mean {
		d := max(deviation[i], least)
		if d < 1e-6 {
			c.scale[i] = 1
			continue
		}
		c.scale[i] = float32(1 / d)
		c.shift[i] = float32(-mean[i] / d)
	}
	return c
}
