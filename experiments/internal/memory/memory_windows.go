package memory

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// Two functions of kernel32 that no package provides.
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

// ResidentBytes returns the resident memory of the process.
func ResidentBytes() uint64 { return uint64(readProcessMemory().workingSet) }

// PeakBytes returns the largest resident memory of the process so far.
func PeakBytes() uint64 { return uint64(readProcessMemory().peakWorkingSet) }

// ForgetPeak does nothing: Windows cannot reset the peak.
func ForgetPeak() bool { return false }

// AvailableMemory returns the memory that the system can still provide, in bytes.
func AvailableMemory() uint64 {
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
