package launch

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// Local is the launcher in this process. It starts tasks in the order of their
// submission, each in a goroutine of its own.
type Local struct {
	do     func(ctx context.Context, t Task, threads int, report func(step int, loss float64)) error
	over   func(t Task) // called with every task that has ended; may be nil
	cores  int          // divided among the running jobs if fixed is 0
	jobs   int          // largest number of running jobs
	fixed  int          // number of threads of each job; 0: a share of the cores
	mutex  sync.Mutex
	queue  []*localJob // waiting jobs
	all    []*localJob // by their handle
	active int         // number of running jobs
	ended  int         // number of ended jobs
}

type localJob struct {
	task  Task
	state State
	at    Progress
	began bool // at is set
	err   error
	stop  context.CancelFunc // of a running job
}

// newLocal makes a pool that runs a number of jobs at the same time, each with a number
// of threads. If threads is 0, it divides the cores among them, and the last jobs of a
// queue also get the idle cores.
func newLocal(jobs, threads, cores int, do func(context.Context, Task, int, func(int, float64)) error) *Local {
	return &Local{do: do, jobs: max(jobs, 1), fixed: threads, cores: max(cores, 1)}
}

var _ Launcher = (*Local)(nil)

// Submit implements Launcher.
func (l *Local) Submit(tasks []Task) ([]Job, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var jobs []Job
	for _, t := range tasks {
		jobs = append(jobs, Job(strconv.Itoa(len(l.all))))
		j := &localJob{task: t}
		l.all, l.queue = append(l.all, j), append(l.queue, j)
	}
	l.start()
	return jobs, nil
}

// start starts waiting jobs as long as fewer than jobs run. The mutex is held.
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
		j.state = Running
		var ctx context.Context
		ctx, j.stop = context.WithCancel(context.Background())
		go l.run(ctx, j, threads)
	}
}

func (l *Local) run(ctx context.Context, j *localJob, threads int) {
	err := l.guarded(ctx, j, threads)
	j.stop()
	if l.over != nil {
		l.over(j.task)
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	j.state, j.err = Ended, err
	l.active--
	l.ended++
	l.start()
}

// guarded turns a panic of one task into its error, so that the others continue.
func (l *Local) guarded(ctx context.Context, j *localJob, threads int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("run %s: panic: %v", j.task.Run, p)
		}
	}()
	return l.do(ctx, j.task, threads, func(step int, loss float64) {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		if !j.began {
			j.began, j.at.First = true, step
		}
		j.at.Step, j.at.Loss = step, loss
	})
}

// Poll implements Launcher.
func (l *Local) Poll(jobs []Job) ([]Status, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	all := make([]Status, len(jobs))
	for i, job := range jobs {
		j, err := l.find(job)
		if err != nil {
			return nil, err
		}
		all[i] = Status{State: j.state, Err: j.err}
		if j.began {
			at := j.at
			all[i].Progress = &at
		}
	}
	return all, nil
}

// Cancel implements Launcher. It removes a waiting job from the queue and cancels the
// context of a running one.
func (l *Local) Cancel(job Job) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	j, err := l.find(job)
	if err != nil {
		return err
	}
	if i := slices.Index(l.queue, j); i >= 0 {
		l.queue = slices.Delete(l.queue, i, i+1)
		j.state, j.err = Ended, context.Canceled
	} else {
		j.stop()
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
