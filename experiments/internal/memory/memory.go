// Package memory reads what the operating system reports about the memory of this
// process and of the machine. Unknown values are 0.
package memory

import (
	"runtime"
	"sync"
	"time"
)

// The functions for each system are in memory_linux.go and similar files. They return 0
// if the system does not report a value.

// IdleBytes is the memory of an idle process: the program and the Go runtime.
const IdleBytes = 24 << 20

// HeapBytes returns the memory of the Go heap and stacks.
func HeapBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// WatchResident reads the resident memory at short intervals, for systems that cannot
// reset the peak. The returned function stops this and returns the largest value.
func WatchResident() (peak func() uint64) {
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		held := uint64(0)
		for {
			held = max(held, ResidentBytes())
			select {
			case <-stop:
				most <- held
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	return sync.OnceValue(func() uint64 { close(stop); return <-most })
}
