package nst

import (
	"errors"
	"math"
	"slices"
	"strconv"
)

// Term is a loss in an objective, with a name for logs, a weight and a direction.
type Term struct {
	Name     string
	Weight   float64 // 0 or more
	Maximize bool    // maximise instead of minimise: the term counts negative in the total
	Loss     Loss
	// GradientOnly leaves the value of the term out of the total; its gradient still
	// counts. jcjohnson's program treats variation in this way. It misleads a line search.
	GradientOnly bool
	// Normalize scales the gradient of the term; empty: not at all.
	Normalize GradientNorm
}

// Objective is the weighted sum of losses that a transfer minimises. The terms are summed
// in order.
type Objective []Term

// check returns an error for terms that are invalid with any network.
func (o Objective) check() error {
	if len(o) == 0 {
		return errors.New("nst: objective without terms: give it a content or a style loss")
	}
	names := map[string]bool{}
	for i, t := range o {
		switch {
		case t.Name == "":
			return errorf("objective: term %d has no name", i+1)
		case names[t.Name]:
			return errorf("objective: two terms are named %q", t.Name)
		case t.Loss == nil:
			return errorf("objective: term %q has no loss", t.Name)
		case !(t.Weight >= 0) || math.IsInf(t.Weight, 0):
			return errorf("objective: term %q has weight %v: must be 0 or more; to ascend set Maximize", t.Name, t.Weight)
		}
		for _, m := range t.Loss.Needs().Targets {
			if m == nil {
				return errorf("objective: term %q has no target image", t.Name)
			}
			if err := m.Validate(); err != nil {
				return errorf("objective: target of term %q: %w", t.Name, err)
			}
		}
		if err := validate(t.Loss); err != nil {
			return errorf("term %q: %w", t.Name, err)
		}
		if _, err := gradientNorms.of("normalization of the gradient of term "+strconv.Quote(t.Name), t.Normalize); err != nil {
			return err
		}
		names[t.Name] = true
	}
	return nil
}

// targets returns the images that the losses compare with, without repetitions, in order.
func (o Objective) targets() []*Image {
	var all []*Image
	for _, t := range o {
		for _, m := range t.Loss.Needs().Targets {
			if !slices.Contains(all, m) {
				all = append(all, m)
			}
		}
	}
	return all
}

// content returns the first content image; nil if there is none.
func (o Objective) content() *Image {
	for _, t := range o {
		if c, ok := t.Loss.(ContentLoss); ok {
			if m := c.ContentImage(); m != nil {
				return m
			}
		}
	}
	return nil
}

// layers returns the layers that the losses read of the optimised image (m nil) or of one
// target, without repetitions, in order.
func (o Objective) layers(m *Image) []string {
	var all []string
	for _, t := range o {
		n := t.Loss.Needs()
		if m != nil && !slices.Contains(n.Targets, m) {
			continue
		}
		for _, l := range n.Layers {
			if !slices.Contains(all, l) {
				all = append(all, l)
			}
		}
	}
	return all
}

// allLayers returns the layers that the losses read of any image.
func (o Objective) allLayers() []string {
	var all []string
	for _, t := range o {
		all = append(all, t.Loss.Needs().Layers...)
	}
	return all
}

// checkLayers returns an error if the network does not have a layer.
func (o Objective) checkLayers(net *Network) error {
	for _, t := range o {
		for _, name := range t.Loss.Needs().Layers {
			if err := net.CheckLayer(name); err != nil {
				return errorf("term %q: %w", t.Name, err)
			}
		}
	}
	return nil
}
