package graph

import (
	"context"
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst/internal/op"
)

// step is one operation: one of package op on buffers, or one of Gorgonia's on values.
type step struct {
	of     *cell
	args   [][]float32
	values []gorgonia.Value
}

func newStep(c *cell) step {
	s := step{of: c}
	if c.foreign() {
		s.values = make([]gorgonia.Value, len(c.in))
	} else {
		s.args = make([][]float32, len(c.in))
	}
	return s
}

// run runs the steps in order. It skips the steps whose needed is false; a nil needed
// skips none.
func (p *phase) run(ctx context.Context, needed map[*cell]bool) error {
	for i := range p.steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s := &p.steps[i]; needed == nil || needed[s.of] {
			if err := s.run(); err != nil {
				return err
			}
		}
	}
	return nil
}

// run runs the step. It converts a panic to an error, because the operation may be a user's.
func (s *step) run() (err error) {
	c := s.of
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("nst: operation %v: %v", c.node.Op(), r)
		}
	}()
	if c.ours != nil {
		for i, in := range c.in {
			s.args[i] = in.data
			if !c.reads(i) {
				s.args[i] = in.note
			}
		}
		c.ours.Run(c.data, c.note, s.args)
		if f, ok := c.value.(*gorgonia.F32); ok {
			*f = gorgonia.F32(c.data[0])
		}
		return nil
	}
	for i, in := range c.in {
		s.values[i] = in.value
	}
	// Do not give it a buffer to write into, though many operations accept one: the gradient
	// of slicing adds to the old values, and reshaping may return its input.
	if c.value, err = c.node.Op().Do(s.values...); err == nil {
		c.data, err = op.Floats(c.value)
	}
	clear(s.values)
	if err != nil {
		return prefix.Errorf("nst: ", "operation %v: %w", c.node.Op(), err)
	}
	return nil
}
