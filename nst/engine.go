package nst

import "github.com/gonst/workbench/nst/internal/kernel"

// ISA returns the instruction set that the kernels use on this machine: "avx512", "avx2" or
// "portable". The first two give identical bits; the last gives nearly the same results.
// The environment variable NST_ISA selects another than the best.
func ISA() string { return kernel.ISA() }
