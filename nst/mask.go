package nst

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/op"
)

// Mask says how much each part of an image counts. Weights holds Width*Height numbers
// row by row; each is 0 or more, and at least one is above 0. Only their ratios matter.
//
// At each layer the mask is resized to the size of the feature maps, by its Rule. The
// results are scaled so that their mean is 1: a part of an image counts as much as a whole
// image.
type Mask struct {
	Width, Height int
	Weights       []float32
	Rule          Propagation
}

// Propagation says which weight a position of a layer gets (after Gatys et al. 2017,
// "Controlling Perceptual Factors in Neural Style Transfer", section 4.1). A position of a
// deep layer sees a large part of the image, in which the mask may differ.
type Propagation string

const (
	// Simple resamples the mask: the mean over the pixels that the position covers, without
	// those that it sees beyond them. It is the default.
	Simple Propagation = "simple"
	// Inside takes the least weight of all pixels that the position sees: a position counts
	// only if all that it sees is inside the region.
	Inside Propagation = "inside"
	// All takes the greatest weight: all positions count that see something of the region.
	All Propagation = "all"
)

var propagations = choices[Propagation, op.Extreme]{{Simple, 0}, {Inside, op.Least}, {All, op.Most}}

// ErrMaskEmpty is wrapped if no position of a layer lies inside a mask whose rule is Inside.
var ErrMaskEmpty = errors.New("nst: no position lies inside the mask")

// at returns the operation that propagates the mask to the positions of a layer.
func (m *Mask) at(height, width, reduction, sight int) op.MaskWeights {
	s := op.MaskWeights{Height: m.Height, Width: m.Width, H: height, W: width}
	if s.Extreme, _ = propagations.of("", m.Rule); s.Extreme != 0 {
		s.Reduction, s.Reach = reduction, sight
	}
	return s
}

// empty reports whether all weights are 0 at a layer.
func (m *Mask) empty(s op.MaskWeights) bool {
	weights := make([]float32, s.H*s.W)
	cpu.MaskWeights(s, weights, m.Weights)
	return slices.Max(weights) == 0
}

// Guide returns the weights of a mask at a layer of the network, for an image of the given
// size: a mask of the size of the layer's maps, scaled to a mean of 1. It returns an error
// that wraps ErrUnknownLayer, ErrTooSmall or ErrMaskEmpty, or is the mask's own.
func (n *Network) Guide(m *Mask, layer string, width, height int) (*Mask, error) {
	l, err := n.layer(layer)
	if err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	h, w := n.table.Output(l, height, width)
	if h < 1 || w < 1 {
		return nil, errorf("%w: an image of %d x %d has no position at layer %s", ErrTooSmall, width, height, layer)
	}
	s := m.at(h, w, n.table.Reduction(l), sight(n.table, []string{layer})[l.Name])
	if m.empty(s) {
		return nil, errorf("%w: layer %s of %d x %d positions", ErrMaskEmpty, layer, w, h)
	}
	out := NewMask(w, h)
	cpu.MaskWeights(s, out.Weights, m.Weights)
	return out, nil
}

// Share returns the mean of the weights: 1 if all are 1.
func (m *Mask) Share() float64 {
	sum := 0.0
	for _, v := range m.Weights {
		sum += float64(v)
	}
	return sum / float64(len(m.Weights))
}

// NewMask returns a mask of zeros.
func NewMask(width, height int) *Mask {
	return &Mask{Width: width, Height: height, Weights: make([]float32, width*height)}
}

// Mask converts the image to a mask: the weight is the mean of red, green and blue,
// clamped to [0,1]. White is 1 and black is 0.
func (m *Image) Mask() *Mask {
	mask := NewMask(m.Width, m.Height)
	plane := m.Width * m.Height
	for i := range mask.Weights {
		mean := (m.Pix[i] + m.Pix[plane+i] + m.Pix[2*plane+i]) / 3
		mask.Weights[i] = min(max(mean, 0), 1)
	}
	return mask
}

// Validate returns an error if the number of weights does not match the size, or if the
// weights are negative, not finite or all 0. A nil mask is valid.
func (m *Mask) Validate() error {
	if m == nil {
		return nil
	}
	if m.Width < 1 || m.Height < 1 || len(m.Weights) != m.Width*m.Height {
		return fmt.Errorf("nst: a mask of %d x %d with %d weights: %d are required, at least 1", m.Width, m.Height, len(m.Weights), m.Width*m.Height)
	}
	if _, err := propagations.of("rule of a mask", m.Rule); err != nil {
		return err
	}
	sum := 0.0
	for i, v := range m.Weights {
		if !(v >= 0) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("nst: a mask with weight %v at column %d, row %d: 0 or more is required", v, i%m.Width, i/m.Width)
		}
		sum += float64(v)
	}
	if sum == 0 {
		return fmt.Errorf("nst: a mask of %d x %d zeros: nothing would count", m.Width, m.Height)
	}
	return nil
}
