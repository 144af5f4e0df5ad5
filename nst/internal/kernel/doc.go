// Package kernel holds the arithmetic of the engine: convolutions, pooling,
// Gram matrices, distances and the total variation, forward and backward, over
// plain []float32.
//
// # Layout
//
// Feature maps are blocked, [ceil(C/16)][H+2][W+2][16]: sixteen channels of one
// pixel lie together, and a halo of one pixel surrounds every plane, so that a
// 3x3 convolution reads without asking where the edge is. The content of the
// halo is undefined between kernels: one that reads it fills it first, one that
// reduces or compares never looks at it. Lanes beyond C, in the last block, are
// zero in maps and gradients. Images are planar, [planes][H][W]. "Plain" is
// [C][H][W].
//
// # Numbers
//
// The result of a kernel has the same bits for any number of [Workers]: work is
// shared out so that each output has one writer, sums are cut by shape alone, and their
// parts are added in order.
// All backward kernels overwrite their result.
//
// The algorithms are here; their inner loops are in package simd, in assembly for AVX-512
// and AVX2, which give the same bits, and in portable Go, which other processors and
// builds with the tag purego use; see [ISA]. Portable Go is only close where there are
// sums of products. Pooling, ReLU, distances, means and sums of maps have the same bits
// everywhere.
//
// The precisions with bfloat16 use AMX's tile registers; their portable form has the
// instructions' bits and is there for tests. See [Precision].
//
// Operands that are too short panic with the names and lengths, before anything is read
// or written. Such a panic is an error of the caller in this module, never of its user.
package kernel
