// Package host connects the notebook's kernel and package nb. The kernel sets how a
// value is displayed and reports interrupts; nb uses both. Neither imports the other.
// Outside a notebook nothing is displayed and no context is cancelled.
package host

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Data is a value to display, by MIME type: always text/plain, and also text/html,
// image/png (base64 by encoding/json) and so on.
type Data map[string]any

// Display shows data in the running cell's output. With an id, an update replaces the
// earlier data with this id in place.
type Display func(id string, update bool, data Data) error

var display atomic.Pointer[Display]

// Attach sets the function that writes to the running cell's output; nil removes it.
func Attach(d Display) {
	if d == nil {
		display.Store(nil)
		return
	}
	display.Store(&d)
}

// Attached reports whether there is a notebook for display.
func Attached() bool { return display.Load() != nil }

// Show displays data if a cell is running. Otherwise it does nothing and returns false.
func Show(id string, update bool, data Data) bool {
	d := display.Load()
	return d != nil && (*d)(id, update, data) == nil
}

var (
	mu      sync.Mutex
	current *interruptible
)

// Context returns a context that the next interrupt of any cell cancels.
func Context() context.Context { return next() }

func next() *interruptible {
	mu.Lock()
	defer mu.Unlock()
	if current == nil {
		current = newInterruptible()
	}
	return current
}

// Interrupt cancels the contexts that Context has returned.
func Interrupt() {
	mu.Lock()
	defer mu.Unlock()
	if current != nil {
		current.cancel()
		current = nil
	}
}

// Sleep is time.Sleep, but an interrupt ends it.
func Sleep(d time.Duration) {
	wake := time.NewTimer(d)
	defer wake.Stop()
	select {
	case <-wake.C:
	case <-next().Context.Done(): // not its own Done: sleeping does not count as listening
	}
}

// watched reports whether any code has used a context since Watch.
var watched atomic.Bool

// Watch begins a cell: it starts to record whether the cell uses its context.
func Watch() { watched.Store(false) }

// Listening reports whether code has used a context since Watch. Such a cell is
// expected to end by itself when it is interrupted, with its result so far.
func Listening() bool { return watched.Load() }

// interruptible is a context that records that code listens to it.
type interruptible struct {
	context.Context
	cancel context.CancelFunc
}

func newInterruptible() *interruptible {
	ctx, cancel := context.WithCancel(context.Background())
	return &interruptible{ctx, cancel}
}

func (c *interruptible) Done() <-chan struct{} {
	watched.Store(true)
	return c.Context.Done()
}

func (c *interruptible) Err() error {
	watched.Store(true)
	return c.Context.Err()
}
