package graph

import (
	"context"
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// Input is the buffer of the input: write it before Run.
func (p *Program) Input() []float32 { return p.input.data }

// Output is the i-th output after Run, valid until the next one. A scalar has
// one element.
func (p *Program) Output(i int) []float32 { return p.outputs[i].data }

// Bytes is the memory of the program's buffers.
func (p *Program) Bytes() int64 { return p.bytes }

// Run computes the outputs. It stops between two operations when the context
// is cancelled.
func (p *Program) Run(ctx context.Context) error {
	for i := range p.steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.steps[i].run(); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) run() error {
	if s.ours != nil {
		for i, in := range s.in {
			s.args[i] = in.data
		}
		s.ours.Run(s.out.data, s.args)
		if f, ok := s.out.value.(*gorgonia.F32); ok {
			*f = gorgonia.F32(s.out.data[0])
		}
		return nil
	}
	values := make([]gorgonia.Value, len(s.in))
	for i, in := range s.in {
		values[i] = in.value
	}
	v, err := call(s.op, values)
	if err != nil {
		return err
	}
	s.out.value = v
	s.out.data, err = op.Floats(v)
	return err
}

// call runs an operation that is not ours, and turns its panic into an error.
// It gets no buffer to write into, though many could take one: slicing's
// gradient adds to what is there, and reshaping may have handed out its input.
func call(o gorgonia.Op, values []gorgonia.Value) (v gorgonia.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("nst: operation %v: %v", o, r)
		}
	}()
	if v, err = o.Do(values...); err != nil {
		err = fmt.Errorf("nst: operation %v: %w", o, err)
	}
	return v, err
}

// addition is our sum of two tensors.
type addition struct{ workers kernel.Workers }

func (a addition) Run(out []float32, in [][]float32) { kernel.Add(a.workers, out, in[0], in[1]) }
