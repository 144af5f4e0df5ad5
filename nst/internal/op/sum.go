package op

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// WeightedSum is the sum of Weights[i] * x[i] over scalars, added in order in float64.
type WeightedSum struct{ Weights []float64 }

func (s WeightedSum) String() string      { return "weighted sum" }
func (s WeightedSum) Shape() tensor.Shape { return scalar }
func (s WeightedSum) Gradient(k int) (Spec, []Arg) {
	return WeightedSum{s.Weights[k : k+1]}, []Arg{Incoming}
}

// Blend is the weighted sum of tensors of shape Of.
type Blend struct {
	Weights []float64
	Of      tensor.Shape
}

func (b Blend) String() string      { return "blend" }
func (b Blend) Shape() tensor.Shape { return b.Of }
func (b Blend) Gradient(k int) (Spec, []Arg) {
	return Blend{b.Weights[k : k+1], b.Of}, []Arg{Incoming}
}

// Ratio is a / b of two scalars. b is a constant, and b = 0 counts as 1.
type Ratio struct{}

func (r Ratio) String() string      { return "ratio" }
func (r Ratio) Shape() tensor.Shape { return scalar }
func (r Ratio) Gradient(k int) (Spec, []Arg) {
	if k == 1 {
		return nil, nil
	}
	return r, []Arg{Incoming, 1}
}

// Add is the sum of two tensors of shape Of.
type Add struct{ Of tensor.Shape }

func (a Add) String() string             { return "sum" }
func (a Add) Shape() tensor.Shape        { return a.Of }
func (a Add) Gradient(int) (Spec, []Arg) { return nil, nil }

// AddOf returns the operation of a node in which Gorgonia sums two float32 tensors of one
// shape; false for any other node. Gorgonia's differentiation inserts such nodes if a map
// has two readers. The caller holds the lock for building graphs.
func AddOf(n *gorgonia.Node) (Add, bool) {
	if n.Op() == nil || n.Op().Arity() != 2 || n.Dims() == 0 || n.Dtype() != tensor.Float32 {
		return Add{}, false
	}
	for it := n.Graph().From(n.ID()); it.Next(); {
		if !it.Node().(*gorgonia.Node).Shape().Eq(n.Shape()) {
			return Add{}, false
		}
	}
	return Add{n.Shape()}, n.Op() == sumOf(n.Dims())
}

// sums maps the number of dimensions to Gorgonia's operation.
var sums = map[int]gorgonia.Op{}

func sumOf(dims int) gorgonia.Op {
	if sums[dims] == nil {
		shape := make([]int, dims)
		for i := range shape {
			shape[i] = 2
		}
		g := gorgonia.NewGraph()
		var both gorgonia.Nodes
		for i := range 2 {
			both = append(both, gorgonia.NewTensor(g, tensor.Float32, dims, gorgonia.WithShape(shape...), gorgonia.WithName(fmt.Sprint(i))))
		}
		sums[dims] = gorgonia.Must(gorgonia.Add(both[0], both[1])).Op()
	}
	return sums[dims]
}
