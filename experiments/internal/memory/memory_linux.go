package memory

import (
	"os"
	"strconv"
	"strings"
)

// ResidentBytes returns the resident memory of the process.
func ResidentBytes() uint64 { return processBytes("VmRSS") }

// PeakBytes returns the largest resident memory of the process so far.
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

// ForgetPeak resets the peak to the memory that is resident now.
func ForgetPeak() bool { return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil }

// AvailableMemory returns the memory that the system can still provide, in bytes: within the
// limits of the control groups of this process.
func AvailableMemory() uint64 {
	kb, ok := number("/proc/meminfo", "MemAvailable:")
	if !ok {
		return 0
	}
	groups, _ := os.ReadFile("/proc/self/cgroup")
	return min(kb<<10, limitOfGroups(string(groups), "/sys/fs/cgroup"))
}
