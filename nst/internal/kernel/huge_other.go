//go:build !linux

package kernel

const hugePage = 2 << 20

// LargePages does nothing on this system.
func LargePages([]float32) {}
