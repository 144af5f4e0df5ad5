package experiments

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// Two calls of kernel32 that no package has.
var (
	kernel32             = windows.NewLazySystemDLL("kernel32.dll")
	getProcessMemoryInfo = kernel32.NewProc("K32GetProcessMemoryInfo")
	globalMemoryStatusEx = kernel32.NewProc("GlobalMemoryStatusEx")
)

// processMemory is PROCESS_MEMORY_COUNTERS.
type processMemory struct {
	size, pageFaults     uint32
	peakWorkingSet       uintptr
	workingSet           uintptr
	quotas               [4]uintptr
	pagefile, peakOfFile uintptr
}

func readProcessMemory() (m processMemory) {
	m.size = uint32(unsafe.Sizeof(m))
	if ok, _, _ := getProcessMemoryInfo.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&m)), uintptr(m.size)); ok == 0 {
		return processMemory{}
	}
	return m
}

// residentBytes is what the process holds.
func residentBytes() uint64 { return uint64(readProcessMemory().workingSet) }

// peakBytes is the most that it ever held.
func peakBytes() uint64 { return uint64(readProcessMemory().peakWorkingSet) }

// forgetPeak would let the peak begin anew: Windows cannot.
func forgetPeak() bool { return false }

// availableMemory is what the system says it can still give, in bytes.
func availableMemory() uint64 {
	var m struct { // MEMORYSTATUSEX
		size, load                 uint32
		total, available           uint64
		pagefile, pagefileLeft     uint64
		addresses, addressesLeft   uint64
		extendedAddressesAlwaysNil uint64
	}
	m.size = uint32(unsafe.Sizeof(m))
	if ok, _, _ := globalMemoryStatusEx.Call(uintptr(unsafe.Pointer(&m))); ok == 0 {
		return 0
	}
	return m.available
}
