package memory

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ResidentBytes is what the process holds.
func ResidentBytes() uint64 { return processBytes("VmRSS") }

// PeakBytes is the most that it ever held.
func PeakBytes() uint64 { return processBytes("VmHWM") }

func processBytes(name string) uint64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == name+":" {
			kib, _ := strconv.ParseUint(f[1], 10, 64)
			return kib << 10
		}
	}
	return 0
}

// ForgetPeak lets the peak begin anew at what is resident now.
func ForgetPeak() bool { return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil }

// AvailableMemory is what the system says it can still give, in bytes.
func AvailableMemory() uint64 {
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
