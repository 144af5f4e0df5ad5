package experiments

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// What the system says of the memory of this process and of the machine. It says
// so in /proc, on Linux.

// idleBytes is what a process that has nothing to do holds: the program and the Go
// runtime.
const idleBytes = 24 << 20

// processBytes reads a figure of this process, VmRSS or VmHWM: what is resident, and
// the most that ever was.
func processBytes(name string) (uint64, bool) {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == name+":" {
			kib, err := strconv.ParseUint(f[1], 10, 64)
			return kib << 10, err == nil
		}
	}
	return 0, false
}

// peakBytes is the process's peak of resident memory; where there is no /proc, what
// the Go runtime took from the system.
func peakBytes() uint64 {
	if n, ok := processBytes("VmHWM"); ok {
		return n
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys
}

// forgetPeak lets the peak begin anew at what is resident now.
func forgetPeak() bool { return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil }

// heapBytes is what the Go heap and stacks hold.
func heapBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// availableMemory is what the system says it can still give, in bytes; 0 where
// it does not say.
func availableMemory() uint64 {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(data) {
		var kb uint64
		if n, _ := fmt.Sscanf(string(line), "MemAvailable: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}
