//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peak returns the peak of a process' memory in MB.
func peak(s *os.ProcessState) float64 {
	usage, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" { // which counts bytes
		return float64(usage.Maxrss) / 1e6
	}
	return float64(usage.Maxrss) / 1e3
}
