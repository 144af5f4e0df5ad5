//go:build !linux && !windows

package experiments

func residentBytes() uint64   { return 0 }
func forgetPeak() bool        { return false }
func availableMemory() uint64 { return 0 }
