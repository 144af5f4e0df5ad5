package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// decoded returns the configurations for all pairs of values in a text. The text
// follows [images] with two pictures.
func decoded(t *testing.T, format string, first, second []string) []*config.Config {
	t.Helper()
	dir := fixture.Files(t, map[string]string{"c.png": fixture.PNG(t, 40, 30, 0), "s.png": fixture.PNG(t, 32, 32, 0.5)})
	var all []*config.Config
	for _, a := range first {
		for _, b := range second {
			var p tree.Problems
			root := tree.Parse("[images]\ncontent = 'c.png'\nstyle = 's.png'\n"+fmt.Sprintf(format, a, b), "a.toml", dir, &p)
			c := config.Decode(root, &p)
			if err := p.Err(); err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
	}
	return all
}

func TestNetworksAreShared(t *testing.T) {
	runs := decoded(t, "[network]\nname = 'vgg19'\nwidth = 0.1\npooling = '%s'\n[loss.content]\n[loss.style]\nweight = %s\n", []string{"max", "average"}, []string{"1", "2"})
	shared := NewNetworks(runs)
	nets := make([]*nst.Network, len(runs))
	var all sync.WaitGroup
	for i, c := range runs {
		all.Go(func() {
			var err error
			if nets[i], err = shared.open(t.Context(), c, 1, nil); err != nil {
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
		shared.Done(c)
	}
	if len(shared.shared) != 0 || len(shared.wanted) != 0 {
		t.Errorf("%d networks are kept for nobody", len(shared.shared))
	}
	if net, err := shared.open(t.Context(), runs[0], 1, nil); err != nil || net == nets[0] {
		t.Errorf("after the last run: %v, %v; want a new network", net == nets[0], err)
	}
}

func TestCalibratedNetworksAreShared(t *testing.T) {
	runs := decoded(t, "size = %s\n[loss.content]\n[loss.style]\nweight = %s\n", []string{"24", "40"}, []string{"1", "2"})
	shared := NewNetworks(runs)
	for i, a := range runs {
		for j, b := range runs {
			ta, _, err := Assemble(t.Context(), a, 1, shared)
			if err != nil {
				t.Fatal(err)
			}
			tb, _, err := Assemble(t.Context(), b, 1, shared)
			if err != nil {
				t.Fatal(err)
			}
			if same := a.Images.Size == b.Images.Size; same != (ta.Network == tb.Network) {
				t.Errorf("runs %d and %d, sizes %d and %d: one network: %v", i, j, a.Images.Size, b.Images.Size, !same)
			}
		}
	}
}

// A run that is cancelled while it makes a shared network does not fail the others.
func TestSharedAfterCancel(t *testing.T) {
	c := decoded(t, "[network]\nname = 'vgg19'\n[loss.content]\n# %s %s\n", []string{""}, []string{"", ""})
	shared := NewNetworks(c)
	first, cancel := context.WithCancel(t.Context())
	key, began := networkKey(c[0].Network), make(chan bool)
	var other sync.WaitGroup
	defer other.Wait()
	other.Go(func() {
		_, err := shared.get(first, key, func() (*nst.Network, error) {
			close(began)
			<-first.Done()
			return nil, first.Err()
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the cancelled run: %v", err)
		}
	})
	<-began
	time.AfterFunc(10*time.Millisecond, cancel)
	if net, err := shared.get(t.Context(), key, func() (*nst.Network, error) { return &nst.Network{}, nil }); net == nil || err != nil {
		t.Errorf("the other run: %v, %v", net, err)
	}
}
