//go:build !linux && !windows && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package experiments

func peakBytes() uint64 { return 0 }
