package launch

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"

	"github.com/gonst/workbench/experiments/run"
)

// Local is the launcher in this process: a number of goroutines take tasks in the
// order of their submission.
type Local struct {
	do     func(ctx context.Context, t run.Task, threads int, report func(step int, loss float64)) error
	over   func(t run.Task) // called for every task that has ended; may be nil
	cores  int              // divided among the running jobs; 0: each job gets threads
	jobs   int
	fixed  int
	mutex  sync.Mutex
	queue  []*localJob
	all    []*localJob
	active int
	ended  int
}

type localJob struct {
	task   run.Task
	status Status
	stop   context.CancelFunc
	ctx    context.Context
}

// newLocal makes a pool that runs a number of jobs at the same time, each with a number
// of threads. If threads is 0, it divides the cores among them, and the last jobs of a
// queue also get the idle cores.
func newLocal(jobs, threads, cores int, do func(context.Context, run.Task, int, func(int, float64)) error) *Local {
	return &Local{do: do, jobs: max(jobs, 1), fixed: threads, cores: max(cores, 1)}
}

var _ Launcher = (*Local)(nil)

// Submit queues the task and starts it when a place is free.
func (l *Local) Submit(t run.Task) (Job, error) {
	ctx, stop := context.WithCancel(context.Background())
	j := &localJob{task: t, ctx: ctx, stop: stop, status: Status{First: -1, Loss: math.NaN()}}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.all = append(l.all, j)
	l.queue = append(l.queue, j)
	l.start()
	return Job(strconv.Itoa(len(l.all) - 1)), nil
}

// start fills the free places. The mutex is held.
func (l *Local) start() {
	for l.active < l.jobs && len(l.queue) > 0 {
		j := l.queue[0]
		l.queue = l.queue[1:]
		threads := l.fixed
		if threads == 0 {
			share := l.jobs
			if l.ended > 0 { // before that, more may be submitted
				share = min(l.jobs, l.active+1+len(l.queue))
			}
			threads = max(1, l.cores/share)
		}
		l.active++
		j.status.State = Running
		go l.run(j, threads)
	}
}

func (l *Local) run(j *localJob, threads int) {
	err := l.guarded(j, threads)
	j.stop()
	if l.over != nil {
		l.over(j.task)
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	j.status.State, j.status.Err = Ended, err
	l.active--
	l.ended++
	l.start()
}

// guarded turns a panic of one task into its error, so that the others continue.
func (l *Local) guarded(j *localJob, threads int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("run %s: panic: %v", j.task.Run.Name, p)
		}
	}()
	return l.do(j.ctx, j.task, threads, func(step int, loss float64) {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		if j.status.First < 0 {
			j.status.First = step
		}
		j.status.Step, j.status.Loss = step, loss
	})
}

// Poll returns the status of the job.
func (l *Local) Poll(job Job) (Status, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	j, err := l.find(job)
	if err != nil {
		return Status{}, err
	}
	return j.status, nil
}

// Cancel removes a waiting job from the queue and asks a running one to end.
func (l *Local) Cancel(job Job) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	j, err := l.find(job)
	if err != nil {
		return err
	}
	j.stop()
	for i, q := range l.queue {
		if q == j {
			l.queue = append(l.queue[:i:i], l.queue[i+1:]...)
			j.status.State, j.status.Err = Ended, context.Canceled
			break
		}
	}
	return nil
}

func (l *Local) find(job Job) (*localJob, error) {
	n, err := strconv.Atoi(string(job))
	if err != nil || n < 0 || n >= len(l.all) {
		return nil, fmt.Errorf("unknown job %q", string(job))
	}
	return l.all[n], nil
}
