package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// ISA returns the instruction set in use, "avx512", "avx2" or "portable": the best that the
// processor, the operating system and the build support, or the one that the environment
// variable NST_ISA names. AVX-512 and AVX2 give identical bits; portable code gives nearly
// the same results: see package simd.
func ISA() string { return simd.ISA().String() }

// Err returns an error if the instruction set that NST_ISA names is not available. The
// best available one is then in use.
func Err() error { return simd.Err() }
