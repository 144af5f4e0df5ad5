// Package cpu runs the operations of package op with the kernels of package kernel.
package cpu

import (
	"fmt"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// Device is the processor that the program runs on.
type Device struct {
	Workers kernel.Workers
	// LowMemory keeps no transformed filters: see [kernel.Conv.LowMemory]. The bits are the same.
	LowMemory bool
}

var _ op.Device = Device{}

// Compile knows every operation of package op.
func (d Device) Compile(s op.Spec) (*op.Compiled, error) {
	if c, err := d.convolution(s); c != nil || err != nil {
		return c, err
	}
	for _, compile := range []func(kernel.Workers, op.Spec) *op.Compiled{layer, statistic, masked, sum} {
		if c := compile(d.Workers, s); c != nil {
			return c, nil
		}
	}
	return nil, fmt.Errorf("nst: internal: the CPU does not know the operation %s (%T)", s, s)
}

// run is an operation that takes no note.
func run(f func(out []float32, in [][]float32)) *op.Compiled {
	return &op.Compiled{Run: func(out, _ []float32, in [][]float32) { f(out, in) }}
}
