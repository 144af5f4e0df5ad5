// Package memory tells what the system knows of the memory of this process and of the
// machine. What it does not know is 0.
package memory

import (
	"runtime"
	"sync"
	"time"
)

// What the system says of the memory of this process and of the machine is in
// memory_linux.go and its likes; what it does not say is 0.

// IdleBytes is what a process that has nothing to do holds: the program and the Go
// runtime.
const IdleBytes = 24 << 20

// HeapBytes is what the Go heap and stacks hold.
func HeapBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// WatchResident looks at what the process holds again and again, where the system
// forgets no peak. The function that it gives ends that and tells the most.
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
