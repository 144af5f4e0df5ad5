// Package launch starts runs: in this process, or through another Launcher.
package launch

import "errors"

// A Launcher starts tasks somewhere: in this process, as processes, or on a cluster. It
// carries no results: a task leaves them in the experiment's directory, where the sweep
// reads them. A launcher that forgets a task, or starts it twice, costs time only.
//
// What a launcher starts is `nst work DIR RUN`, or run.Work in a Go program.
//
// The methods are called from one goroutine and return without waiting for the task.
type Launcher interface {
	// Submit hands tasks over. It returns the jobs of the first tasks, as many as it could
	// hand over, and an error if these are not all. The handles are the launcher's own.
	Submit(tasks []Task) ([]Job, error)
	// Poll gives the status of each job, in the order of jobs. The jobs are those that
	// were submitted and have not been reported as ended. After an error the sweep
	// polls again.
	Poll(jobs []Job) ([]Status, error)
	// Cancel asks a job to save its work and end; it is polled until it has ended.
	// Cancelling a job that has ended is no error.
	Cancel(j Job) error
}

// A Finder is a launcher whose jobs go on when the process that submitted them has ended.
type Finder interface {
	Launcher
	// Find returns the jobs of an experiment's directory that have not ended, by the names
	// of their runs, whichever process submitted them.
	Find(dir string) (map[string]Job, error)
}

// ErrLost in the error of an ended job means that the job was ended from outside: it was
// killed, reached a limit, or its machine failed. The sweep submits the run again; it
// continues from its last checkpoint.
var ErrLost = errors.New("the job was ended from outside")

// A Task is one run to make. It is plain data: any process that can read the directory
// and the files that the configuration names can make the run.
type Task struct {
	Dir string `json:"dir"` // of the experiment, such as results/quickstart
	Run string `json:"run"` // the run's name
}

// A Job is a launcher's handle of a submitted task.
type Job string

// A State is the state of a job. It says less than result.Status and sweep.Phase: a
// launcher knows whether a job has ended, and the experiment's directory knows how.
type State uint8

const (
	Waiting State = iota // submitted, not started
	Running              // at work
	Ended                // ended for any reason: the directory has the result
)

func (s State) String() string { return [...]string{"waiting", "running", "ended"}[s] }

// Status is the status of a job.
type Status struct {
	State    State
	Note     string    // what the launcher says about a waiting job, such as the reason; may be empty
	Progress *Progress // nil if the launcher does not know: then the sweep reads it in the directory
	Err      error     // of an ended job: why it could not leave its result in the directory
}

// Progress is how far a job is.
type Progress struct {
	First int     // step from which the job runs or resumes the run
	Step  int     // the last step
	Loss  float64 // total loss at that step; NaN if unknown
}
