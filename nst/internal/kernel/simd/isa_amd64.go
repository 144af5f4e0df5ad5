//go:build !purego

package simd

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// Available lists the instruction sets that can run here, worst first. The flags of
// package cpu cover the operating system's part, XCR0.
func Available() []Instructions {
	have := []Instructions{portable}
	x := &cpu.X86
	if x.HasAVX2 && x.HasFMA && x.HasBMI1 && x.HasBMI2 {
		have = append(have, avx2)
		if x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512VL {
			have = append(have, avx512)
		}
	}
	return have
}

// reach panics unless a[at-1] exists: assembly knows no lengths.
func reach[T any](a []T, at int) { _ = a[:at:len(a)] }

// aligned reports whether a begins at the start of a cache line, as stores past the
// caches need.
func aligned(a []float32) bool { return uintptr(unsafe.Pointer(unsafe.SliceData(a)))%64 == 0 }

// tiles reports whether the tile registers are in use.
func tiles() bool { return active == avx512 && amx() == nil }
