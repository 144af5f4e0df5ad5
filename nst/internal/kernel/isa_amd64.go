//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// available lists the sets that can run here, worst first. The flags of package
// cpu cover the operating system's part, XCR0.
func available() []instructions {
	have := []instructions{portable}
	x := &cpu.X86
	if x.HasAVX2 && x.HasFMA {
		have = append(have, avx2)
		if x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512VL {
			have = append(have, avx512)
		}
	}
	return have
}
