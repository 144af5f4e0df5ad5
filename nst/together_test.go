package nst

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// TestTogether makes runs of one network at the same time, whose deep convolutions meet: they
// differ in weights, images and steps, have two sizes, and one is stopped. Their images must have
// the bits of runs alone.
func TestTogether(t *testing.T) {
	const runs = 4
	make := func(net *Network, i int) (*Image, error) {
		width, height := 40, 33
		if i%3 == 2 {
			width, height = 33, 24
		}
		tr := Transfer{Network: net, Steps: 3 + i/2, Threads: 1 + i%2, Width: width, Height: height, Every: 1, Objective: Objective{
			{Name: "content", Weight: 1, Loss: Content{Target: wave(width, height, float64(5+i)), Layers: Layers("relu4_2")}},
			{Name: "style", Weight: 10 * float64(i+1), Loss: Gram{Target: wave(29, 47, 5), Layers: Layers("relu1_1", "relu3_1", "relu5_1")}},
		}}
		r, err := tr.Run(context.Background(), ObserverFunc(func(s *Step) error {
			if i == 1 && s.Step == 2 {
				return ErrStop
			}
			return nil
		}))
		if err != nil {
			return nil, err
		}
		return r.Image, nil
	}
	net := open(t, "vgg19", Options{Width: 0.25})
	var want [runs]*Image
	for i := range want {
		var err error
		if want[i], err = make(net, i); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	errs := [runs]error{}
	for i := range runs {
		all.Go(func() {
			got, err := make(net, i)
			if errs[i] = err; err != nil {
				return
			}
			for k, v := range got.Pix {
				if w := want[i].Pix[k]; math.Float32bits(v) != math.Float32bits(w) {
					errs[i] = fmt.Errorf("value %d is %v, alone %v", k, v, w)
					return
				}
			}
		})
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("run %d: %v", i, err)
		}
	}
	meetings := map[*kernel.Meeting]bool{}
	net.meetings.Range(func(_, m any) bool {
		meetings[m.(*kernel.Meeting)] = true
		return true
	})
	if len(meetings) != 2 {
		t.Errorf("runs of two sizes met in %d places", len(meetings))
	}
}
