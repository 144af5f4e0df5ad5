package graph

import (
	"context"
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/op"
)

// step is one operation: ours into a buffer, or Gorgonia's on values.
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

// run does the steps, in order. Those of which needed is false are left out; a nil
// needed leaves none out.
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

// run does the step. A panic becomes an error: operations may be a user's.
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
	// It gets no buffer to write into, though many operations could take one: slicing's
	// gradient adds to what is there, and reshaping may have handed out its input.
	if c.value, err = c.node.Op().Do(s.values...); err == nil {
		c.data, err = op.Floats(c.value)
	}
	clear(s.values)
	if err != nil {
		return fmt.Errorf("nst: operation %v: %w", c.node.Op(), err)
	}
	return nil
}
