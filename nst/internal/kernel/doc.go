// Package kernel provides the arithmetic of the engine: convolutions, pooling, Gram
// matrices, distances and the total variation, forward and backward, on []float32.
//
// # Layout
//
// Feature maps are blocked, [ceil(C/16)][H+2][W+2][16]: sixteen channels of one pixel are
// contiguous, and a halo of one pixel surrounds every plane, so that a 3x3 convolution
// needs no test for the edge. The content of the halo is undefined between kernels: a
// kernel that reads the halo fills it first, and a kernel that reduces or compares does
// not read it. In the last block, lanes beyond C are zero in maps and gradients. Images
// are planar, [planes][H][W]. "Plain" means [C][H][W].
//
// # Numbers
//
// The result of a kernel is bit-identical for any number of [Workers]: each output has
// one writer, sums are split by the shape alone, and their parts are added in order.
// All backward kernels overwrite their result.
//
// The algorithms are in this package. Their inner loops are in package simd: in assembly
// for AVX-512 and AVX2, which give identical bits, and in portable Go for other
// processors and for builds with the tag purego; see [ISA]. For sums of products,
// portable Go gives nearly the same results. Pooling, ReLU, distances, means and sums of
// maps are bit-identical everywhere.
//
// The precisions with bfloat16 use AMX's tile registers. Their portable form is for tests
// and gives the same bits as the instructions. See [Precision].
//
// A kernel panics if an operand is too short, with names and lengths, before it reads or
// writes anything. Such a panic is an error in this module, not in the user's program.
package kernel
