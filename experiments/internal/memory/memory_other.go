//go:build !linux && !windows && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package memory

func PeakBytes() uint64 { return 0 }
