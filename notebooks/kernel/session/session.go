// Package session extends gophernotes: an interrupted run can end with its result so
// far, cells that wait behind a failed cell are not run, a panic in a goroutine does
// not end the kernel, and imports that were not compiled in give clear errors. It is
// independent of Jupyter's messages.
package session

import (
	"sync"
	"time"

	"github.com/gonst/workbench/notebooks/internal/host"
)

// Grace is the time that a cell which uses its context may continue after an interrupt,
// before the interpreter stops it.
const Grace = 3 * time.Second

// Session belongs to one kernel. At most one cell runs at a time.
type Session struct {
	// Stop stops the interpreter at the next statement.
	Stop func()
	// Tell writes a message to the user in the running cell's output.
	Tell func(message string)

	mu          sync.Mutex
	cell        int // the running cell's number, 0 between cells
	cells       int // run so far
	interrupted bool
	stopped     bool
	arrived     map[string]time.Time // waiting cells, by message
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

// End marks that the cell has ended. It reports whether the cell was interrupted and
// whether the interpreter was stopped for it. If a cell fails or is interrupted, the
// cells that wait behind it are not run.
func (s *Session) End(failed bool) (interrupted, stopped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cell = 0
	if failed || s.interrupted {
		s.abortBefore = time.Now()
	}
	return s.interrupted, s.stopped
}

// Interrupt cancels nb.Context. A cell that uses its context has some time to end by
// itself. Any other cell is stopped at once, and so is a cell that is interrupted a
// second time. Between cells Interrupt does nothing.
func (s *Session) Interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cell == 0 {
		return
	}
	if again := s.interrupted; again || !host.Listening() {
		s.stop() // before a goroutine wakes up and ends the cell
	} else {
		s.after(Grace, s.stop)
	}
	s.interrupted = true
	host.Interrupt()
}

// stop stops the interpreter. If that has no effect, it tells the user.
func (s *Session) stop() {
	s.stopped = true
	s.Stop()
	s.after(Grace, func() {
		s.Tell("Interrupted, but the cell is inside compiled code that does not listen to nb.Context(). " +
			"It will end when that code returns; to end it now, restart the kernel.\n")
	})
}

// after calls a function later if the same cell is still running.
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

// Arrive records that a cell has arrived and waits.
func (s *Session) Arrive(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.arrived == nil {
		s.arrived = map[string]time.Time{}
	}
	s.arrived[message] = time.Now()
}

// Aborted reports, once for each cell, that the cell must not run, because a cell
// before it failed or was interrupted while it waited.
func (s *Session) Aborted(message string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	when, known := s.arrived[message]
	delete(s.arrived, message)
	return known && when.Before(s.abortBefore)
}
