//go:build !amd64 || purego

package simd

// Available lists the instruction sets that can run here.
func Available() []Instructions { return []Instructions{portable} }
