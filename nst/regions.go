package nst

import (
	"cmp"
	"math"

	"gorgonia.org/gorgonia"
)

// Regions is a sum of losses, each for a part of the image: several styles in several
// places. Parts of one layer are added, so that it is logged as one loss.
type Regions []Region

// Region is a loss for a part of the image, usually one with a Mask.
type Region struct {
	Loss   Loss
	Weight float64 // 0 or more
}

var (
	_ Loss      = Regions{}
	_ Validator = Regions{}
)

// InPlace returns a loss that counts as strongly at each position as its mask says: masks
// are scaled to a mean of 1, so that the loss of a small region counts as much as that of
// the whole image, and InPlace weights it with the mean of the mask. With a mask of ones it is
// the loss itself, and with one that fades to 0, so does the loss. A nil mask changes nothing.
func InPlace(l Loss, m *Mask) Loss {
	if m == nil {
		return l
	}
	return Regions{{l, m.Share()}}
}

// Needs implements Loss.
func (l Regions) Needs() Needs {
	var n Needs
	for _, r := range l {
		if r.Loss == nil {
			continue // Validate returns the error
		}
		own := r.Loss.Needs()
		n.Layers, n.Targets = append(n.Layers, own.Layers...), append(n.Targets, own.Targets...)
	}
	return n
}

// ContentImage implements ContentLoss.
func (l Regions) ContentImage() *Image {
	for _, r := range l {
		if c, ok := r.Loss.(ContentLoss); ok && c.ContentImage() != nil {
			return c.ContentImage()
		}
	}
	return nil
}

// Validate implements Validator.
func (l Regions) Validate() error {
	if len(l) == 0 {
		return errorf("no regions")
	}
	for i, r := range l {
		if r.Loss == nil {
			return errorf("region %d has no loss", i+1)
		}
		if !(r.Weight >= 0) || math.IsInf(r.Weight, 0) {
			return errorf("region %d has weight %v: must be 0 or more", i+1, r.Weight)
		}
		if err := validate(r.Loss); err != nil {
			return err
		}
	}
	return nil
}

// Build implements Loss.
func (l Regions) Build(c *Context) ([]Part, error) {
	type sum struct {
		Part
		nodes   []*gorgonia.Node
		weights []float64
	}
	var sums []*sum
	layers := map[string]*sum{}
	for _, r := range l {
		parts, err := r.Loss.Build(c)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			s := layers[p.Layer]
			if s == nil {
				s = &sum{Part: Part{Layer: p.Layer, Weight: cmp.Or(p.Weight, 1)}}
				layers[p.Layer] = s
				sums = append(sums, s)
			}
			s.nodes, s.weights = append(s.nodes, p.Node), append(s.weights, r.Weight*p.Weight/s.Weight)
		}
	}
	var all []Part
	for _, s := range sums {
		s.Node = c.WeightedSum(s.weights, s.nodes...)
		all = append(all, s.Part)
	}
	return all, nil
}
