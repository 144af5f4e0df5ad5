package launch

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// A Queue is a launcher whose tasks are calls of a function. It starts them in the order of
// their submission, each in a goroutine of its own, and a limited number at the same time.
type Queue struct {
	do     Do
	jobs   int // largest number of running jobs
	mutex  sync.Mutex
	queue  []*queued // waiting jobs
	all    []*queued // by their handle
	active int       // number of running jobs
	ended  int       // number of ended jobs
}

// Do makes a task. It returns early if ctx is cancelled. together is the number of tasks that
// run at the same time from now on, this one included: the last tasks of a queue have more of
// the machine for themselves. Do may call report, first with the step at which the task
// begins, then after each step.
type Do func(ctx context.Context, t Task, together int, report func(step int, loss float64)) error

type queued struct {
	task  Task
	state State
	at    Progress
	began bool // at is set
	err   error
	stop  context.CancelFunc // of a running job
}

// NewQueue makes a queue that runs a number of tasks at the same time.
func NewQueue(jobs int, do Do) *Queue { return &Queue{do: do, jobs: max(jobs, 1)} }

var _ Launcher = (*Queue)(nil)

// Submit implements Launcher.
func (q *Queue) Submit(tasks []Task) ([]Job, error) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	var jobs []Job
	for _, t := range tasks {
		jobs = append(jobs, Job(strconv.Itoa(len(q.all))))
		j := &queued{task: t}
		q.all, q.queue = append(q.all, j), append(q.queue, j)
	}
	q.start()
	return jobs, nil
}

// start starts waiting jobs as long as fewer than jobs run. The mutex is held.
func (q *Queue) start() {
	for q.active < q.jobs && len(q.queue) > 0 {
		j := q.queue[0]
		q.queue = q.queue[1:]
		together := q.jobs
		if q.ended > 0 { // before that, more may be submitted
			together = min(q.jobs, q.active+1+len(q.queue))
		}
		q.active++
		j.state = Running
		var ctx context.Context
		ctx, j.stop = context.WithCancel(context.Background())
		go q.run(ctx, j, together)
	}
}

func (q *Queue) run(ctx context.Context, j *queued, together int) {
	err := q.guarded(ctx, j, together)
	j.stop()
	q.mutex.Lock()
	defer q.mutex.Unlock()
	j.state, j.err = Ended, err
	q.active--
	q.ended++
	q.start()
}

// guarded turns a panic of one task into its error, so that the others continue.
func (q *Queue) guarded(ctx context.Context, j *queued, together int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("run %s: panic: %v", j.task.Run, p)
		}
	}()
	return q.do(ctx, j.task, together, func(step int, loss float64) {
		q.mutex.Lock()
		defer q.mutex.Unlock()
		if !j.began {
			j.began, j.at.First = true, step
		}
		j.at.Step, j.at.Loss = step, loss
	})
}

// Poll implements Launcher.
func (q *Queue) Poll(jobs []Job) ([]Status, error) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	all := make([]Status, len(jobs))
	for i, job := range jobs {
		j, err := q.find(job)
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
func (q *Queue) Cancel(job Job) error {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	j, err := q.find(job)
	if err != nil {
		return err
	}
	if i := slices.Index(q.queue, j); i >= 0 {
		q.queue = slices.Delete(q.queue, i, i+1)
		j.state, j.err = Ended, context.Canceled
	} else {
		j.stop()
	}
	return nil
}

func (q *Queue) find(job Job) (*queued, error) {
	n, err := strconv.Atoi(string(job))
	if err != nil || n < 0 || n >= len(q.all) {
		return nil, fmt.Errorf("unknown job %q", string(job))
	}
	return q.all[n], nil
}
