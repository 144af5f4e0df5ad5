package graph

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Program is a compiled graph. It is not safe for concurrent use.
type Program struct {
	inputs  []*input
	outputs []*slot
	binding *phase  // what does not depend on inputs of every evaluation
	kept    []*cell // cells of binding that the steady phase or the caller reads
	steady  *phase
	fresh   bool // nothing is computed yet
	bytes   int64
	slab    []float32
	free    func() // releases the slab; nil if there is none
	shared  *Shared
	cleanup runtime.Cleanup
	closed  bool
}

// input is an input and its state.
type input struct {
	cell *cell
	rate Rate
	// changed is true if the input changed after its dependents were computed.
	changed bool
}

func (i *input) set(data []float32) {
	i.cell.data = data
	i.cell.value = asValue(i.cell.node, data)
	i.changed = true
}

// Input returns the buffer of the i-th input, which must be PerEvaluation. Write it before Run.
func (p *Program) Input(i int) []float32 { return p.inputs[i].cell.data }

// Bind sets the value of the i-th input, which must be PerBinding. The program reads data
// and does not copy it. The next Prepare or Run computes what depends on it.
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

// Operations names the operations of a Run in order, with the sizes of their results.
func (p *Program) Operations() string {
	var b strings.Builder
	for _, c := range p.steady.order {
		fmt.Fprintln(&b, c.node.Op(), c.size)
	}
	return b.String()
}

// Output returns the i-th output after Run. It is valid until the next Prepare, Run or
// Close. A scalar has one element.
func (p *Program) Output(i int) []float32 { return p.outputs[i].data }

// Bytes returns the largest memory of the program's buffers, in bytes. It does not include
// what Gorgonia's operations allocate and what Bind receives.
func (p *Program) Bytes() int64 { return p.bytes }

// Prepare allocates the memory and computes what depends only on changed PerBinding inputs
// and, the first time, on constants. Run calls it if necessary.
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
	// With large targets, the binding phase needs more memory than the iterations.
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

// stale returns the cells of the binding phase that must be computed, nil for all, and
// whether there are any.
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

// take takes a slab of n values from the system if the program has none. Close, or the
// garbage collection of the program, releases it.
func (p *Program) take(n int) (err error) {
	if p.shared != nil {
		return p.Hold()
	}
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

// Close releases the memory. The program cannot run again.
func (p *Program) Close() {
	p.giveBack()
	p.closed = true
}

var errClosed = errors.New("nst: internal: a program is run after it was closed")

// Run computes the outputs. If the context is cancelled, it stops between two operations
// and returns the context's error.
func (p *Program) Run(ctx context.Context) error {
	if p.closed {
		return errClosed
	}
	if p.shared != nil && p.shared.holder != p {
		return errors.New("nst: internal: a program is run without its shared memory")
	}
	if err := p.Prepare(ctx); err != nil {
		return err
	}
	err := p.steady.run(ctx, nil)
	runtime.KeepAlive(p) // keeps the slab alive, too
	return err
}
