package nst

import (
	"gorgonia.org/gorgonia"
)

// Loss is the one seam: whatever can be minimised over an image is a Loss. It
// says what it needs and builds itself, once, as a scalar of Gorgonia's
// expression graph. The library captures targets, weights and adds the terms, logs
// each term and layer, and computes gradients. A Loss is immutable: one value
// may serve many runs at once.
type Loss interface {
	// Needs names the layers and the images that Build will ask for.
	Needs() Needs
	// Build returns the loss as parts, usually one for each layer, whose
	// weighted sum is the loss. It may panic instead of returning an error: the run
	// returns it as an error with the name of the term.
	Build(c *Context) ([]Part, error)
}

// ContentLoss is a Loss that knows the content image. The first one in an objective
// decides the size of the result, and where it starts, unless the transfer does.
type ContentLoss interface {
	Loss
	ContentImage() *Image // nil: there is none
}

// Needs is what a loss reads.
type Needs struct {
	Layers  []string // of the image being optimised, and of each target
	Targets []*Image // the images that it compares with
}

// Part is one summand of a loss.
type Part struct {
	Layer  string  // names the part in logs; may be empty where there is only one
	Weight float64 // its weight in the loss
	Node   *gorgonia.Node
}

// LayerWeight is a layer with its weight within a loss.
type LayerWeight struct {
	Layer  string
	Weight float64
}

// LayerWeights are a loss's layers in the order in which they are summed and logged.
type LayerWeights []LayerWeight

// Layers gives the layers equal weights that sum to one, as Gatys et al. weight
// their style layers (w_l = 1/5).
func Layers(names ...string) LayerWeights {
	var l LayerWeights
	for _, name := range names {
		l = append(l, LayerWeight{name, 1 / float64(len(names))})
	}
	return l
}

// Names are the layers' names.
func (l LayerWeights) Names() []string {
	var names []string
	for _, lw := range l {
		names = append(names, lw.Layer)
	}
	return names
}

// LossFunc makes a loss of a function that returns one scalar: the shortest way
// to a loss of one's own.
type LossFunc struct {
	Layers  []string
	Targets []*Image
	Func    func(c *Context) (*gorgonia.Node, error)
}

var _ Loss = LossFunc{}

func (l LossFunc) Needs() Needs { return Needs{l.Layers, l.Targets} }

func (l LossFunc) Build(c *Context) ([]Part, error) {
	n, err := l.Func(c)
	if err != nil {
		return nil, err
	}
	return []Part{{Weight: 1, Node: n}}, nil
}
