// Package launch starts runs: in this process, or wherever another Launcher starts
// them.
package launch

import "github.com/gonst/workbench/experiments/run"

// A Launcher starts tasks somewhere: in this process, or on a cluster. It
// carries no results. A task leaves what came of it in the experiment's
// directory, and there the sweep reads it; so a launcher that forgets a task,
// or starts it twice, costs time and nothing else.
//
// The methods are called from one goroutine and return without waiting for the
// task.
type Launcher interface {
	// Submit hands a task over. The handle is the launcher's own.
	Submit(t run.Task) (Job, error)
	// Poll tells how a job stands.
	Poll(j Job) (Status, error)
	// Cancel asks a job to save its work and end; polling goes on until it has.
	// To cancel a job that has ended is no error.
	Cancel(j Job) error
}

// A Job is a launcher's handle of a submitted task.
type Job string

// A State is where a job is on its way.
type State uint8

const (
	Waiting State = iota // handed over, not started
	Running              // at work
	Ended                // over, for whatever reason: the directory tells which
)

func (s State) String() string { return [...]string{"waiting", "running", "ended"}[s] }

// Status is how a job stands.
type Status struct {
	State State
	First int     // step at which the task took the run up; -1 until it has got hold of it
	Step  int     // last step that was made
	Loss  float64 // total loss at that step; NaN while unknown
	Err   error   // of an ended job: why it could not even leave its result in the directory
}
