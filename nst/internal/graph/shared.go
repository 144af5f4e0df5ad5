package graph

import (
	"runtime"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Shared is memory that several programs use in turn (Options.Shared). It is as large as
// the largest of them requires.
type Shared struct {
	slab    []float32
	free    func()
	cleanup runtime.Cleanup
	holder  *Program
}

// Hold gives the program its shared memory. The inputs are written after it, and inputs
// and outputs are lost when another program holds the memory. A program with memory of its
// own always holds it.
func (p *Program) Hold() error {
	s := p.shared
	if s == nil || s.holder == p {
		return nil
	}
	if p.closed {
		return errClosed
	}
	inputs := 0
	for _, in := range p.inputs {
		if in.rate == PerEvaluation {
			inputs += aligned(in.cell.size)
		}
	}
	n := inputs + max(p.binding.slab, p.steady.slab)
	if err := s.grow(n); err != nil {
		return err
	}
	s.holder = p
	rest := s.slab[:n]
	for _, in := range p.inputs {
		if in.rate == PerEvaluation {
			in.set(rest[:in.cell.size:in.cell.size])
			rest = rest[aligned(in.cell.size):]
		}
	}
	p.slab = rest
	p.steady.give(rest)
	return nil
}

// grow makes the slab at least n long. What it held is lost.
func (s *Shared) grow(n int) (err error) {
	if len(s.slab) >= n {
		return nil
	}
	s.Close()
	if s.slab, s.free, err = kernel.TakeSlab(n); err != nil {
		return err
	}
	s.cleanup = runtime.AddCleanup(s, func(free func()) { free() }, s.free)
	return nil
}

// Close releases the memory. A program that holds it again takes it anew.
func (s *Shared) Close() {
	if s.free != nil {
		s.cleanup.Stop()
		s.free()
	}
	s.slab, s.free, s.holder = nil, nil, nil
}
