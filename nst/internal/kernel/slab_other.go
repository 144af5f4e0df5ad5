//go:build !unix && !windows

package kernel

// TakeSlab returns n zeroed values and the function that releases them.
func TakeSlab(n int) ([]float32, func(), error) { return Alloc(n), func() {}, nil }
