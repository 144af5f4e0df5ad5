package kernel

import (
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// TakeSlab returns n zeroed values and the function that releases them. Pages that are not
// written take no memory. Under a limit (Limit), Go's heap gives way first.
func TakeSlab(n int) ([]float32, func(), error) {
	size := int64(0) // beside Go's heap
	if slabsOutside {
		size = 4 * int64(n)
	}
	budget.add(func() { budget.slabs += size })
	slab, free, err := takeSlab(n)
	if err != nil {
		budget.add(func() { budget.slabs -= size })
		return nil, nil, err
	}
	return slab, func() {
		free()
		budget.add(func() { budget.slabs -= size })
	}, nil
}

// budget divides the memory of this process between slabs and Go's heap.
var budget memory

type memory struct {
	mutex  sync.Mutex
	slabs  int64 // bytes
	limits int64 // sum of all limits in force, in bytes
	n      int   // number of limits in force
	free   int   // uses of memory without a limit
	before int64 // Go's limit without ours
}

// Memory that belongs neither to Go's heap nor to slabs: the pages of the program that were
// read, stacks of the system, tables. It and a 64th of the limits are left to it.
const ownBytes = 40 << 20

// Limit keeps the memory of this process below bytes, until done is called: Go's collector
// gets what slabs leave. Several limits add up. With 0 bytes there is no limit, whatever
// others say, until done is called.
func Limit(bytes int64) (done func()) {
	change := func(sign int) func() {
		return func() {
			if bytes == 0 {
				budget.free += sign
				return
			}
			budget.limits += int64(sign) * bytes
			budget.n += sign
		}
	}
	budget.add(change(1))
	return sync.OnceFunc(func() { budget.add(change(-1)) })
}

// add makes a change and tells Go's collector what is left for the heap.
func (b *memory) add(change func()) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	limited := b.limited()
	change()
	switch {
	case b.limited():
		if !limited {
			b.before = debug.SetMemoryLimit(-1)
		}
		left := min(b.before, max(0, b.limits-b.limits/64-b.slabs-ownBytes))
		debug.SetMemoryLimit(left)
		if goBytes() > left {
			debug.FreeOSMemory()
		}
	case limited:
		debug.SetMemoryLimit(b.before)
		debug.FreeOSMemory() // else what follows begins with as much garbage as the limit allowed
	}
}

func (b *memory) limited() bool { return b.n > 0 && b.free == 0 }

// goBytes returns the memory that Go's limit counts.
func goBytes() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64() - s[1].Value.Uint64())
}
