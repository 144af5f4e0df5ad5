// Package launch starts runs: in this process, or through another Launcher.
package launch

import "github.com/gonst/workbench/experiments/run"

// A Launcher starts tasks somewhere: in this process, or on a cluster. It
// transports no results. A task writes its result into the experiment's
// directory, where the sweep reads it. A launcher that forgets a task or starts it
// twice therefore only costs time.
//
// The methods are called from one goroutine and return without waiting for the
// task.
type Launcher interface {
	// Submit submits a task and returns the launcher's handle for it.
	Submit(t run.Task) (Job, error)
	// Poll returns the status of a job.
	Poll(j Job) (Status, error)
	// Cancel asks a job to save its work and end; poll it until it has ended.
	// It is not an error to cancel a job that has ended.
	Cancel(j Job) error
}

// A Job is a launcher's handle for a submitted task.
type Job string

// A State is the state of a job.
type State uint8

const (
	Waiting State = iota // submitted, not started
	Running              // at work
	Ended                // ended for any reason: the directory has the result
)

func (s State) String() string { return [...]string{"waiting", "running", "ended"}[s] }

// Status describes a job.
type Status struct {
	State State
	First int     // step at which the task began or continued the run; -1 before
	Step  int     // last step that was made
	Loss  float64 // total loss at that step; NaN while unknown
	Err   error   // of an ended job that could not write its result into the directory
}
