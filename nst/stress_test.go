package nst

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/pprof"
	"sync"
	"testing"
	"time"
)

// TestStress makes eight runs at once, with threads of their own each, while the
// garbage collector never rests and a profiler interrupts a thousand times a
// second, and wants the bits of a run alone.
func TestStress(t *testing.T) {
	photo, paint := wave(40, 33, 7), wave(29, 47, 5)
	vgg := open(t, "vgg19", Options{Width: 0.25})
	run := func(kind, threads int) (*Image, error) {
		tr := Transfer{Steps: 3, Threads: threads, Objective: Objective{
			{Name: "content", Weight: 1, Loss: Content{Target: photo, Layers: Layers("scale3")}},
			{Name: "style", Weight: 1e3, Loss: Gram{Target: paint, Layers: Layers("scale1", "scale2")}},
		}}
		if kind%2 == 1 {
			tr.Network = vgg
			tr.Objective[0].Loss = Content{Target: photo, Layers: Layers("relu3_2")}
			tr.Objective[1].Loss = Gram{Target: paint, Layers: Layers("relu1_1", "relu2_1", "relu3_1")}
		}
		if kind >= 2 {
			tr.Memory = LowMemory
		}
		r, err := tr.Run(context.Background())
		if err != nil {
			return nil, err
		}
		return r.Image, nil
	}
	const kinds = 4
	var want [kinds]*Image
	for kind := range want {
		var err error
		if want[kind], err = run(kind%2, 1); err != nil {
			t.Fatal(err)
		}
	}

	runtime.SetCPUProfileRate(1000)
	if err := pprof.StartCPUProfile(io.Discard); err != nil { // keeps the rate, and says so on standard error
		t.Logf("no profile: %v", err)
	}
	defer pprof.StopCPUProfile()
	stop := make(chan struct{})
	var storm, runs sync.WaitGroup
	storm.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
				time.Sleep(time.Millisecond)
			}
		}
	})
	errs := make(chan error, 8)
	for i := range 8 {
		runs.Go(func() {
			kind := i % kinds
			got, err := run(kind, 1+i%3)
			if err != nil {
				errs <- err
				return
			}
			for k, v := range got.Pix {
				if w := want[kind].Pix[k]; math.Float32bits(v) != math.Float32bits(w) {
					errs <- fmt.Errorf("run %d: value %d is %v, alone %v", i, k, v, w)
					return
				}
			}
		})
	}
	runs.Wait()
	close(stop)
	storm.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
}
