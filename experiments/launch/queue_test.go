package launch

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// finish polls until every job has ended.
func finish(t *testing.T, l Launcher, jobs []Job) []Status {
	t.Helper()
	all := make([]Status, len(jobs))
	for i, j := range jobs {
		for {
			s, err := l.Poll([]Job{j})
			if err != nil {
				t.Fatal(err)
			}
			if all[i] = s[0]; s[0].State == Ended {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	return all
}

func submit(t *testing.T, l Launcher, n int) []Job {
	t.Helper()
	jobs := make([]Job, n)
	for i := range jobs {
		all, err := l.Submit([]Task{{Dir: string(rune('a' + i))}})
		if err != nil {
			t.Fatal(err)
		}
		jobs[i] = all[0]
	}
	return jobs
}

func TestQueueRunsSoManyAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		var mutex sync.Mutex
		var order strings.Builder
		l := NewQueue(2, func(_ context.Context, task Task, _ int, report func(int, float64)) error {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			mutex.Lock()
			order.WriteString(task.Dir)
			mutex.Unlock()
			report(3, 0.5)
			time.Sleep(time.Second)
			if task.Dir == "b" {
				return errors.New("b fails")
			}
			if task.Dir == "c" {
				panic("c panics")
			}
			return nil
		})
		all := finish(t, l, submit(t, l, 5))
		if most.Load() != 2 {
			t.Errorf("%d at a time, want 2", most.Load())
		}
		if all[0].Err != nil || all[0].Progress.Step != 3 || all[0].Progress.Loss != 0.5 {
			t.Errorf("a ended as %+v", all[0])
		}
		if all[1].Err == nil || all[2].Err == nil || !strings.Contains(all[2].Err.Error(), "c panics") || all[4].Err != nil {
			t.Errorf("errors: %v, %v, %v", all[1].Err, all[2].Err, all[4].Err)
		}
	})
}

func TestQueueTellsHowManyRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mutex sync.Mutex
		together := map[string]int{}
		l := NewQueue(4, func(_ context.Context, task Task, n int, _ func(int, float64)) error {
			mutex.Lock()
			together[task.Dir] = n
			mutex.Unlock()
			time.Sleep(time.Second)
			return nil
		})
		jobs := submit(t, l, 5) // a..d start as they come, e when a place is free
		finish(t, l, jobs)
		if n := together["e"]; n < 1 || n > 4 { // with whatever was still at work
			t.Errorf("the last runs as one of %d", n)
		}
		for _, early := range "abcd" {
			if n := together[string(early)]; n != 4 {
				t.Errorf("%c runs as one of %d, want 4", early, n)
			}
		}
	})
}

func TestQueueCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := 0
		l := NewQueue(1, func(ctx context.Context, _ Task, _ int, _ func(int, float64)) error {
			started++
			<-ctx.Done()
			return ctx.Err()
		})
		jobs := submit(t, l, 3)
		synctest.Wait()
		for _, j := range []Job{jobs[1], jobs[0], jobs[2]} {
			if err := l.Cancel(j); err != nil {
				t.Fatal(err)
			}
		}
		for i, s := range finish(t, l, jobs) {
			if !errors.Is(s.Err, context.Canceled) {
				t.Errorf("job %d ended as %+v", i, s)
			}
		}
		if err := l.Cancel(jobs[0]); err != nil {
			t.Errorf("to cancel what has ended: %v", err)
		}
		if _, err := l.Poll([]Job{"7"}); err == nil {
			t.Error("polled a job that is none")
		}
		synctest.Wait()
		if started > 2 {
			t.Errorf("%d started", started)
		}
	})
}
