// Package cpu runs the operations of package op with the kernels of package kernel.
package cpu

import (
	"fmt"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// Device is the CPU of this machine.
type Device struct {
	Workers kernel.Workers
	// LowMemory does not keep transformed filters: see [kernel.Conv.LowMemory]. The results are bit-identical.
	LowMemory bool
	// Planning compiles programs to learn their size: it reads no filters, and the programs
	// cannot run.
	Planning bool
	// Member computes the convolutions together with those of other programs; nil: alone.
	Member *kernel.Member
}

var _ op.Device = Device{}

// Compile compiles any operation of package op.
func (d Device) Compile(s op.Spec) (*op.Compiled, error) {
	if c, err := d.convolution(s); c != nil || err != nil {
		return c, err
	}
	for _, compile := range []func(kernel.Workers, op.Spec) *op.Compiled{layer, statistic, between, masked, sum} {
		if c := compile(d.Workers, s); c != nil {
			return c, nil
		}
	}
	return nil, fmt.Errorf("nst: internal: the CPU does not know the operation %s (%T)", s, s)
}

// run returns an operation without a note.
func run(f func(out []float32, in [][]float32)) *op.Compiled {
	return &op.Compiled{Run: func(out, _ []float32, in [][]float32) { f(out, in) }}
}
