package nst

import (
	"math"

	"gorgonia.org/gorgonia"
)

// Loss is a function of an image that can be minimised. A Loss says what it reads
// and builds itself as scalars in Gorgonia's expression graph. The library
// computes the features of targets, adds the weighted terms, logs each term and
// layer, and computes gradients. A Loss is immutable: several runs may use one value
// at the same time.
type Loss interface {
	// Needs returns the layers and the images that Build reads.
	Needs() Needs
	// Build returns the loss as parts, usually one for each layer. The loss is the
	// weighted sum of the parts. Build may panic instead of returning an error: the
	// run returns both as an error with the name of the term. A run with stages or with
	// a network that is calibrated first calls Build several times.
	Build(c *Context) ([]Part, error)
}

// ContentLoss is a Loss that has a content image. If the transfer does not set the
// size or the start of the result, the first content image of the objective does.
type ContentLoss interface {
	Loss
	ContentImage() *Image // nil if there is no content image
}

// Needs lists what a loss reads.
type Needs struct {
	Layers  []string // layers of the image being optimised and of each target
	Targets []*Image // images that the loss compares with
}

// Part is one term of the sum that makes up a loss.
type Part struct {
	Layer  string  // name of the part in logs; may be empty if there is only one part
	Weight float64 // weight of the part in the loss
	Node   *gorgonia.Node
}

// LayerWeight is a layer and its weight within a loss.
type LayerWeight struct {
	Layer  string
	Weight float64
}

// LayerWeights lists the layers of a loss in the order in which they are summed and logged.
type LayerWeights []LayerWeight

// Layers gives each layer the weight 1/len(names), as Gatys et al. weight their style
// layers (w_l = 1/5).
func Layers(names ...string) LayerWeights {
	var l LayerWeights
	for _, name := range names {
		l = append(l, LayerWeight{name, 1 / float64(len(names))})
	}
	return l
}

// Names returns the layers' names, in order.
func (l LayerWeights) Names() []string {
	var names []string
	for _, lw := range l {
		names = append(names, lw.Layer)
	}
	return names
}

// Validate returns an error if there are no layers, or if a weight is not a number.
func (l LayerWeights) Validate() error {
	if len(l) == 0 {
		return errorf("no layers: name some in Layers")
	}
	for _, lw := range l {
		if math.IsNaN(lw.Weight) || math.IsInf(lw.Weight, 0) {
			return errorf("layer %q has weight %v: must be a number", lw.Layer, lw.Weight)
		}
	}
	return nil
}

// LossFunc makes a Loss from a function that returns one scalar. It is the shortest
// way to write a new loss.
type LossFunc struct {
	Layers  []string // layers that Func reads
	Targets []*Image // images that Func reads
	Func    func(c *Context) (*gorgonia.Node, error)
}

var _ Loss = LossFunc{}

// Needs implements Loss: it returns Layers and Targets.
func (l LossFunc) Needs() Needs { return Needs{l.Layers, l.Targets} }

// Build implements Loss: it calls Func and returns one part with the weight 1.
func (l LossFunc) Build(c *Context) ([]Part, error) {
	n, err := l.Func(c)
	if err != nil {
		return nil, err
	}
	return []Part{{Weight: 1, Node: n}}, nil
}
