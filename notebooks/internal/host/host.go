// Package host is the seam between the notebook's kernel and package nb: the
// kernel says how to show something and when a cell was interrupted, nb uses
// it, and neither knows the other. Outside a notebook nobody is there to show
// anything, and no context is ever cancelled.
package host

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Data is something to show, by MIME type: text/plain always, and beside it
// text/html, image/png (base64 by encoding/json) and so on.
type Data map[string]any

// Display shows data in the running cell's output. With an id, an update
// replaces what was shown under it, in place.
type Display func(id string, update bool, data Data) error

var display atomic.Pointer[Display]

// Attach sets the way to the running cell's output; nil takes it away.
func Attach(d Display) {
	if d == nil {
		display.Store(nil)
		return
	}
	display.Store(&d)
}

// Attached tells whether there is a notebook to show things in.
func Attached() bool { return display.Load() != nil }

// Show shows data where a cell is running; otherwise it does nothing and
// returns false.
func Show(id string, update bool, data Data) bool {
	d := display.Load()
	return d != nil && (*d)(id, update, data) == nil
}

var (
	mu      sync.Mutex
	current *interruptible
	hooks   []func()
	running sync.WaitGroup // hooks
)

// Context is cancelled by the next interrupt of a cell, whichever cell runs then.
func Context() context.Context { return next() }

func next() *interruptible {
	mu.Lock()
	defer mu.Unlock()
	if current == nil {
		current = newInterruptible()
	}
	return current
}

// Interrupt cancels what Context gave out.
func Interrupt() {
	mu.Lock()
	defer mu.Unlock()
	if current != nil {
		current.cancel()
		current = nil
	}
	for _, f := range hooks {
		running.Go(f)
	}
	hooks = nil
}

// OnInterrupt has f called, on a goroutine of its own, when the running cell is
// interrupted.
func OnInterrupt(f func()) {
	mu.Lock()
	defer mu.Unlock()
	hooks = append(hooks, f)
}

// Settle waits until everything that an interrupt has set off is done.
func Settle() { running.Wait() }

// Sleep is time.Sleep, but ends with an interrupt.
func Sleep(d time.Duration) {
	wake := time.NewTimer(d)
	defer wake.Stop()
	select {
	case <-wake.C:
	case <-next().Context.Done(): // not its own Done: to sleep is not to listen
	}
}

// watched tells whether anybody has looked at a context since Watch.
var watched atomic.Bool

// Watch begins a cell: what was to happen at the last one's interrupt no longer
// will, and from now on it is watched whether the cell listens to its context.
func Watch() {
	mu.Lock()
	defer mu.Unlock()
	hooks = nil
	watched.Store(false)
}

// Listening tells whether code has looked at a context since Watch: it can be
// expected to end by itself when interrupted, with what it has so far.
func Listening() bool { return watched.Load() }

// interruptible is a context that notes that somebody listens to it.
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
