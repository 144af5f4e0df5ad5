// Package session is what our kernel does beyond gophernotes: interrupts that
// let a run end with what it has, cells that are not run after one that
// failed, goroutines whose panic does not end the kernel, and clear answers to
// imports that were not compiled in. It knows nothing of Jupyter's messages.
package session

import (
	"sync"
	"time"

	"github.com/gonst/workbench/notebooks/internal/host"
)

// Grace is how long a cell that listens to its context may go on after an
// interrupt before the interpreter stops it.
const Grace = 3 * time.Second

// Session is one kernel's: at most one cell runs at a time.
type Session struct {
	// Stop stops the interpreter at the next statement.
	Stop func()
	// Tell says something to the user in the running cell's output.
	Tell func(message string)

	mu          sync.Mutex
	cell        int // the running cell's number, 0 between cells
	cells       int // run so far
	interrupted bool
	stopped     bool
	arrived     map[string]time.Time // cells that wait, by message
	abortBefore time.Time            // cells that arrived earlier are not run
}

// Begin marks that a cell starts to run.
func (s *Session) Begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cells++
	s.cell, s.interrupted, s.stopped = s.cells, false, false
	host.Watch()
}

// End marks that the cell has ended, and tells whether it was interrupted and
// whether the interpreter was stopped for it. A cell that failed or was
// interrupted takes those with it that waited behind it.
func (s *Session) End(failed bool) (interrupted, stopped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cell = 0
	if failed || s.interrupted {
		s.abortBefore = time.Now()
	}
	return s.interrupted, s.stopped
}

// Interrupt cancels nb.Context. A cell that listens to it has some time to end
// by itself; any other is stopped at once, and so is one that is interrupted
// again. Between cells it does nothing.
func (s *Session) Interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cell == 0 {
		return
	}
	if again := s.interrupted; again || !host.Listening() {
		s.stop() // before anything wakes up and ends the cell
	} else {
		s.after(Grace, s.stop)
	}
	s.interrupted = true
	host.Interrupt()
}

// stop stops the interpreter, and says so where that does not help.
func (s *Session) stop() {
	s.stopped = true
	s.Stop()
	s.after(Grace, func() {
		s.Tell("Interrupted, but the cell is inside compiled code that does not listen to nb.Context(). " +
			"It will end when that code returns; to end it now, restart the kernel.\n")
	})
}

// after does something later if the same cell is still running.
func (s *Session) after(d time.Duration, do func()) {
	cell := s.cell
	time.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.cell == cell {
			do()
		}
	})
}

// Arrive notes that a cell has come in and waits to be run.
func (s *Session) Arrive(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.arrived == nil {
		s.arrived = map[string]time.Time{}
	}
	s.arrived[message] = time.Now()
}

// Aborted tells, once for each cell, whether it is not to be run, because one
// before it failed or was interrupted while it waited.
func (s *Session) Aborted(message string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	when, known := s.arrived[message]
	delete(s.arrived, message)
	return known && when.Before(s.abortBefore)
}
