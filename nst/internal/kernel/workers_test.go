package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestEachBusy calls Each from many goroutines at once, within each other and with
// pauses around as long as helpers wait.
func TestEachBusy(t *testing.T) {
	var sum atomic.Int64
	var all sync.WaitGroup
	for caller := range 8 {
		all.Go(func() {
			for round := range 100 {
				Workers(2+caller%3).Each(10, func(int) {
					Workers(2).Each(3, func(i int) { sum.Add(int64(i)) })
				})
				time.Sleep(time.Duration(round%20) * 20 * time.Microsecond)
			}
		})
	}
	all.Wait()
	if want := int64(8 * 100 * 10 * 3); sum.Load() != want {
		t.Errorf("the sum is %d, want %d", sum.Load(), want)
	}
}

// TestHelpersLeave checks that helpers do not wait for another job for ever.
func TestHelpersLeave(t *testing.T) {
	Workers(7).Each(100, func(int) { runtime.Gosched() })
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		bench.mutex.Lock()
		n := len(bench.helpers)
		bench.mutex.Unlock()
		if n == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d helpers are still waiting", n)
		}
	}
}

func TestEach(t *testing.T) {
	for _, w := range []Workers{-1, 0, 1, 3, 100} {
		for _, n := range []int{0, 1, 2, 50} {
			seen := make([]int, n)
			w.Each(n, func(i int) { seen[i]++ })
			for i, k := range seen {
				if k != 1 {
					t.Errorf("%d workers, %d tasks: task %d ran %d times", w, n, i, k)
				}
			}
		}
	}
	for _, w := range []Workers{1, 4} {
		func() {
			defer func() {
				if r := recover(); r != "task 3" {
					t.Errorf("%d workers: recovered %v, want the panic of task 3", w, r)
				}
			}()
			w.Each(20, func(i int) {
				if i == 3 {
					panic("task 3")
				}
			})
			t.Errorf("%d workers: no panic", w)
		}()
	}
}
