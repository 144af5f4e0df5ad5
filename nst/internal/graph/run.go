package graph

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Program is a compiled graph. It has one runner at a time.
type Program struct {
	inputs  []*input
	outputs []*slot
	binding *phase  // what does not depend on inputs of every evaluation
	kept    []*cell // of it, what the steady phase or the caller reads
	steady  *phase
	fresh   bool // nothing has been computed yet
	bytes   int64
	slab    []float32
	free    func() // gives the slab back; nil while there is none
	cleanup runtime.Cleanup
	closed  bool
}

// input is an input with what it holds.
type input struct {
	cell *cell
	rate Rate
	// changed since what depends on it was computed.
	changed bool
}

func (i *input) set(data []float32) {
	i.cell.data = data
	i.cell.value = asValue(i.cell.node, data)
	i.changed = true
}

// Input is the buffer of the i-th input, one of every evaluation: write it before Run.
func (p *Program) Input(i int) []float32 { return p.inputs[i].cell.data }

// Bind gives the i-th input, one per binding, another value, which the program reads
// and does not copy. What depends on it is computed with the next Prepare or Run.
func (p *Program) Bind(i int, data []float32) error {
	in := p.inputs[i]
	if in.rate != PerBinding {
		return fmt.Errorf("nst: internal: input %d is not one per binding", i)
	}
	if len(data) != in.cell.size {
		return fmt.Errorf("nst: %d numbers for %s: %d are required, of shape %v", len(data), in.cell.node.Name(), in.cell.size, in.cell.node.Shape())
	}
	in.set(data)
	return nil
}

// Output is the i-th output after Run, valid until the next Prepare, Run or Close. A
// scalar has one element.
func (p *Program) Output(i int) []float32 { return p.outputs[i].data }

// Bytes is the most memory that the program's buffers ever take. What operations
// that are not ours allocate is not counted, nor what Bind is given.
func (p *Program) Bytes() int64 { return p.bytes }

// Prepare takes the memory and computes what depends on changed inputs per binding
// only, and at first on constants. Run does it where it has not been done.
func (p *Program) Prepare(ctx context.Context) error {
	needed, any := p.stale()
	if !any {
		return nil
	}
	if p.closed {
		return errClosed
	}
	for i, in := range p.inputs {
		if in.cell.data == nil {
			return fmt.Errorf("nst: internal: input %d, %s, has no value", i, in.cell.node.Name())
		}
	}
	// Where targets are large, they take more than the iterations.
	if err := p.take(max(p.binding.slab, p.steady.slab)); err != nil {
		return err
	}
	p.binding.give(p.slab)
	err := p.binding.run(ctx, needed)
	p.binding.forget(p.kept)
	if err != nil {
		p.giveBack()
		return err
	}
	if err := p.take(p.steady.slab); err != nil {
		return err
	}
	p.steady.give(p.slab)
	p.fresh = false
	for _, in := range p.inputs {
		in.changed = false
	}
	return nil
}

// stale are the cells of the binding phase that must be computed, nil for all, and
// whether there is anything to do.
func (p *Program) stale() (needed map[*cell]bool, any bool) {
	if p.fresh {
		return nil, true
	}
	changed := map[*cell]bool{}
	for _, in := range p.inputs {
		if in.rate == PerBinding && in.changed {
			changed[in.cell] = true
		}
	}
	if len(changed) == 0 {
		return nil, false
	}
	for _, c := range p.binding.order {
		for _, in := range c.in {
			changed[c] = changed[c] || changed[in]
		}
	}
	needed = map[*cell]bool{}
	var need func(c *cell)
	need = func(c *cell) {
		if !needed[c] {
			needed[c] = true
			for _, in := range c.in {
				need(in)
			}
		}
	}
	for _, c := range p.kept {
		if changed[c] {
			need(c)
		}
	}
	return needed, true
}

// take takes a slab of n from the system unless it has one. It goes back with Close,
// or with the program when nobody has it any more.
func (p *Program) take(n int) (err error) {
	if p.free != nil && len(p.slab) == n {
		return nil
	}
	p.giveBack()
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
	err := p.steady.run(ctx, nil)
	runtime.KeepAlive(p) // and with it the slab
	return err
}
