package kernel

import "github.com/gonst/workbench/nst/internal/kernel/simd"

// ISA returns the instruction set in use, "avx512", "avx2" or "portable": the best
// that the processor, the operating system and the build have, or the one that
// the environment variable NST_ISA names. AVX-512 and AVX2 give the same bits; portable
// code is only close: see package simd.
func ISA() string { return simd.ISA().String() }

// Err returns why the instruction set that NST_ISA names is not in use, or nil. The best
// available one is in use then.
func Err() error { return simd.Err() }
