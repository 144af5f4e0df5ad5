package nst

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/vec"
)

// evaluator evaluates an objective over images of one size for the loop.
type evaluator interface {
	// prepare computes what does not change between evaluations.
	prepare(ctx context.Context) error
	// evaluate computes the parts and the gradient at x. It returns the values of the
	// parts and their weighted sum.
	evaluate(ctx context.Context, x, gradient []float32) (values []float64, total float64, err error)
	// record returns the values of an evaluation by term.
	record(values []float64) []TermValue
	// Bytes returns the memory of the evaluator without images.
	Bytes() int64
	// Close releases the memory. The evaluator cannot be used again.
	Close()
}

var _ evaluator = (*problem)(nil)

// problem is an objective bound to a network and a size of image: a program
// that computes every part and the gradient.
type problem struct {
	program *graph.Program
	member  *kernel.Member // of the programs that evaluate with the same operations at the same time
	terms   []*boundTerm
	// The outputs of the program are the parts in order, then the gradient of each group.
	parts   int
	keys    []any     // of the program's inputs after the first; see boundValue
	images  []int     // inputs that are the image, too
	weights []float64 // of the groups' scaled gradients; 0: not scaled
}

type boundTerm struct {
	name   string
	weight float64 // with its sign
	silent bool    // not in the total
	images []*Image
	masks  []*Mask // in the order in which the loss first uses them
	parts  []Part

	normalize GradientNorm
	group     *gradientGroup
}

// term returns the term with a name, or nil.
func (p *problem) term(name string) *boundTerm {
	for _, t := range p.terms {
		if t.name == name {
			return t
		}
	}
	return nil
}

// bind replaces the values of the input with the key.
func (p *problem) bind(key any, data []float32) error {
	i := slices.Index(p.keys, key)
	if i < 0 {
		return errUnbound
	}
	return p.program.Bind(1+i, data)
}

func (p *problem) prepare(ctx context.Context) error { return p.program.Prepare(ctx) }
func (p *problem) Bytes() int64                      { return p.program.Bytes() }
func (p *problem) Close()                            { p.program.Close() }

func (p *problem) evaluate(ctx context.Context, x, gradient []float32) ([]float64, float64, error) {
	copy(p.program.Input(0), x)
	for _, i := range p.images {
		copy(p.program.Input(i), x)
	}
	if err := p.run(ctx); err != nil {
		return nil, 0, err
	}
	values, total, err := p.values()
	if err != nil {
		return nil, 0, err
	}
	p.gather(gradient)
	if i := vec.NotFinite(gradient); i >= 0 {
		return nil, 0, &NotFiniteError{Term: "gradient", Value: float64(gradient[i])}
	}
	return values, total, nil
}

// run runs the program, together with others.
func (p *problem) run(ctx context.Context) error {
	p.member.Enter()
	defer p.member.Leave()
	return p.program.Run(ctx)
}

// values returns the values of the parts after a run, and their weighted sum.
func (p *problem) values() ([]float64, float64, error) {
	values := make([]float64, p.parts)
	total, i := 0.0, 0
	for _, t := range p.terms {
		for _, part := range t.parts {
			v := float64(p.program.Output(i)[0])
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, 0, &NotFiniteError{Term: t.name, Layer: part.Layer, Value: v}
			}
			values[i] = v
			if !t.silent {
				total += t.weight * part.Weight * v
			}
			i++
		}
	}
	return values, total, nil
}

func (p *problem) record(values []float64) []TermValue {
	var terms []TermValue
	i := 0
	for _, t := range p.terms {
		v := TermValue{Name: t.name, Weight: t.weight}
		for _, part := range t.parts {
			v.Value += part.Weight * values[i]
			v.Layers = append(v.Layers, LayerValue{part.Layer, part.Weight, values[i]})
			i++
		}
		terms = append(terms, v)
	}
	return terms
}

// NotFiniteError reports the first NaN or infinity of a run. errors.Is finds ErrNotFinite in it.
type NotFiniteError struct {
	Step  int     // the step that computed it
	Term  string  // the term's name, or "gradient"
	Layer string  // the part of the term; empty if it has no parts
	Value float64 // NaN or an infinity
}

func (e *NotFiniteError) Error() string {
	where := e.Term
	if e.Layer != "" {
		where += " at layer " + e.Layer
	}
	return fmt.Sprintf("nst: step %d: %s is %v: the run diverged; a smaller rate or weight, or project, would help", e.Step, where, e.Value)
}

func (e *NotFiniteError) Is(target error) bool { return target == ErrNotFinite }
