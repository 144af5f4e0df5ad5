//go:build !unix && !windows

package kernel

// TakeSlab gives n zeroed values and the function that gives them back.
func TakeSlab(n int) ([]float32, func(), error) { return Alloc(n), func() {}, nil }
