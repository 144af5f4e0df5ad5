//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package memory

import (
	"runtime"
	"syscall"
)

// PeakBytes returns the largest resident memory of the process so far.
func PeakBytes() uint64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return uint64(r.Maxrss)
	}
	return uint64(r.Maxrss) << 10 // the other systems count kilobytes
}
