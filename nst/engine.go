package nst

import "github.com/gonst/workbench/nst/internal/kernel"

// ISA is the instruction set that the kernels use on this machine: "avx512",
// "avx2" or "portable". The first two give the same bits; the last is close.
// The environment variable NST_ISA chooses another one than the best.
func ISA() string { return kernel.ISA() }
