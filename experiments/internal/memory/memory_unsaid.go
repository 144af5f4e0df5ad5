//go:build !linux && !windows

package memory

func ResidentBytes() uint64   { return 0 }
func ForgetPeak() bool        { return false }
func AvailableMemory() uint64 { return 0 }
