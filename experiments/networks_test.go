package experiments

import (
	"sync"
	"testing"

	"github.com/gonst/workbench/nst"
)

func TestNetworksAreShared(t *testing.T) {
	p := plan(t, pictures2+`
[network]
name = "vgg19"
width = 0.1
[loss.content]
weight = 1
[loss.style]
weight = 1
[sweep.axes]
"loss.style.weight" = [1, 2]
"network.pooling" = ["max", "average"]
`)
	var runs []*Config
	for _, r := range p.Runs {
		runs = append(runs, r.Config)
	}
	shared := newNetworks(runs)
	nets := make([]*nst.Network, len(runs))
	var all sync.WaitGroup
	for i, c := range runs {
		all.Go(func() {
			var err error
			if nets[i], err = shared.open(c, 1, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i, a := range runs {
		for j, b := range runs {
			if same := a.Network.Pooling == b.Network.Pooling; same != (nets[i] == nets[j]) {
				t.Errorf("runs %d (%s) and %d (%s): one network: %v", i, a.Network.Pooling, j, b.Network.Pooling, !same)
			}
		}
	}
	for i, c := range runs {
		if len(shared.shared) == 0 {
			t.Errorf("no network is kept before run %d is done", i)
		}
		shared.done(c)
	}
	if len(shared.shared) != 0 || len(shared.wanted) != 0 {
		t.Errorf("%d networks are kept for nobody", len(shared.shared))
	}
	if net, err := shared.open(runs[0], 1, nil); err != nil || net == nets[0] {
		t.Errorf("after the last run: %v, %v; want a new network", net == nets[0], err)
	}
}

func TestCalibratedNetworksAreShared(t *testing.T) {
	p := plan(t, pictures2+`
[loss.content]
weight = 1
[loss.style]
weight = 1
[sweep.axes]
"loss.style.weight" = [1, 2]
"images.size" = [32, 40]
`)
	var runs []*Config
	for _, r := range p.Runs {
		runs = append(runs, r.Config)
	}
	shared := newNetworks(runs)
	for i, a := range runs {
		for j, b := range runs {
			ta, _, err := a.assemble(1, shared)
			if err != nil {
				t.Fatal(err)
			}
			tb, _, err := b.assemble(1, shared)
			if err != nil {
				t.Fatal(err)
			}
			if same := a.Images.Size == b.Images.Size; same != (ta.Network == tb.Network) {
				t.Errorf("runs %d and %d, sizes %d and %d: one network: %v", i, j, a.Images.Size, b.Images.Size, !same)
			}
		}
	}
}
