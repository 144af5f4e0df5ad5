package graph

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// Program is a compiled graph. It has one runner at a time.
type Program struct {
	input   *cell
	outputs []*slot
	once    *phase // what does not depend on the input; nil when it has been computed
	steady  *phase
	bytes   int64
	slab    []float32
	free    func() // gives the slab back; nil while there is none
	cleanup runtime.Cleanup
	closed  bool
}

// step is one operation: ours into a buffer, or anybody else's on values.
type step struct {
	ours   runner
	op     gorgonia.Op
	in     []*slot
	args   [][]float32
	values []gorgonia.Value
	out    *slot
}

// Input is the buffer of the input: write it before Run.
func (p *Program) Input() []float32 { return p.input.data }

// Output is the i-th output after Run, valid until the next one or Close. A
// scalar has one element.
func (p *Program) Output(i int) []float32 { return p.outputs[i].data }

// Bytes is the most memory that the program's buffers ever take. What operations
// that are not ours allocate is not counted.
func (p *Program) Bytes() int64 { return p.bytes }

// Prepare takes the memory and computes what does not depend on the input. Run
// does it where it has not been done.
func (p *Program) Prepare(ctx context.Context) error {
	if p.once == nil {
		return nil
	}
	if err := p.take(max(p.once.slab, p.steady.slab)); err != nil {
		return err
	}
	p.once.give(p.slab)
	if err := p.once.run(ctx); err != nil {
		p.giveBack()
		return err
	}
	if p.once.slab > p.steady.slab { // large targets
		p.giveBack()
		if err := p.take(p.steady.slab); err != nil {
			return err
		}
	}
	p.steady.give(p.slab)
	p.once.forget()
	p.steady.forget()
	p.once = nil
	return nil
}

// take takes the slab from the system. It goes back with Close, or with the
// program when nobody has it any more.
func (p *Program) take(n int) (err error) {
	if p.slab, p.free, err = kernel.TakeSlab(n); err != nil {
		return err
	}
	p.cleanup = runtime.AddCleanup(p, func(free func()) { free() }, p.free)
	return nil
}

func (p *Program) giveBack() {
	if p.free != nil {
		p.cleanup.Stop()
		p.free()
		p.slab, p.free = nil, nil
	}
}

// Close gives the memory back. The program cannot be run again.
func (p *Program) Close() {
	p.giveBack()
	p.closed = true
}

var errClosed = errors.New("nst: internal: a program is run after it was closed")

// Run computes the outputs. It stops between two operations when the context
// is cancelled.
func (p *Program) Run(ctx context.Context) error {
	if p.closed {
		return errClosed
	}
	if err := p.Prepare(ctx); err != nil {
		return err
	}
	err := p.steady.run(ctx)
	runtime.KeepAlive(p) // and with it the slab
	return err
}

func (p *phase) run(ctx context.Context) error {
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

// forget lets go of what planning needed: the graph, and with it the values that
// only constants were computed from.
func (p *phase) forget() {
	for _, c := range p.order {
		for _, in := range c.in {
			in.node = nil
		}
		c.node, c.in = nil, nil
	}
	p.order, p.spans, p.heap = nil, nil, nil
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
	for i, in := range s.in {
		s.values[i] = in.value
	}
	v, err := call(s.op, s.values)
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
