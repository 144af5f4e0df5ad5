// Package simd has the inner loops of the kernels: routines over []float32 in portable Go
// and in assembly for AVX2, AVX-512 and AMX.
//
// The portable function of a routine, addPortable for Add, is its reference: its doc
// comment is the loop, and the assembly computes the same. AVX-512 and AVX2 give the same
// bits. Portable code adds in the same order, but Go does not fuse multiplications with
// additions on amd64, and does as it likes on other processors, where the assembly always
// fuses them: it is close where there are sums of products and has the same bits
// elsewhere. Routines for AMX have the same bits everywhere.
//
// Operands that are too short panic. No routine allocates.
//
// # Adding a routine
//
// Write its portable function here and an entry of the table in asm/table.go, with the
// function that emits its assembly; run go generate. The generator takes the signature and
// the doc comment from the portable function, and writes the assembly, its declarations
// and the exported function that checks the operands and chooses among the variants.
// Then add it to the table of calls in routines_test.go, which runs all its variants.
package simd

// Lanes is the number of channels that lie together: the length of an AVX-512 vector.
const Lanes = 16
