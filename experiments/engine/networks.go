package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/nst"
)

// Networks shares prepared networks between the runs of one process. Runs share a
// network if they agree in everything that the network is made from. A pyramid that is
// calibrated to pictures is a separate network, shared by runs with the same pictures.
// A network is released when no further run uses it.
type Networks struct {
	mutex  sync.Mutex
	wanted map[string]int // number of future runs, by the key of the network
	shared map[string]*sharedNetwork
}

type sharedNetwork struct {
	once sync.Once
	net  *nst.Network
	err  error
}

// NewNetworks makes a collection for these runs.
func NewNetworks(runs []*config.Config) *Networks {
	n := &Networks{wanted: map[string]int{}, shared: map[string]*sharedNetwork{}}
	for _, c := range runs {
		n.Expect(c)
	}
	return n
}

// Expect announces one more run.
func (n *Networks) Expect(c *config.Config) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.wanted[networkKey(c.Network)]++
	n.wanted[calibrationKey(c)]++
}

// Done reports that the run will request no more networks.
func (n *Networks) Done(c *config.Config) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for _, key := range []string{networkKey(c.Network), calibrationKey(c)} {
		if n.wanted[key]--; n.wanted[key] <= 0 {
			delete(n.wanted, key)
			delete(n.shared, key)
		}
	}
}

// get returns the network with that key. It makes the network if it does not exist, and
// keeps it if other runs use it too. On a nil collection it always makes a new one.
func (n *Networks) get(ctx context.Context, key string, make func() (*nst.Network, error)) (*nst.Network, error) {
	if n == nil {
		return make()
	}
	n.mutex.Lock()
	if n.wanted[key] == 0 { // a run that was not expected
		n.mutex.Unlock()
		return make()
	}
	s := n.shared[key]
	if s == nil {
		s = &sharedNetwork{}
		n.shared[key] = s
	}
	n.mutex.Unlock()
	s.once.Do(func() { s.net, s.err = make() })
	if s.err == nil {
		return s.net, nil
	}
	n.mutex.Lock() // the next run tries it anew
	if n.shared[key] == s {
		delete(n.shared, key)
	}
	n.mutex.Unlock()
	if errors.Is(s.err, context.Canceled) && ctx.Err() == nil {
		return n.get(ctx, key, make) // another run made it, and was cancelled
	}
	return nil, s.err
}

// open opens the configuration's network and calibrates it to the objective's targets
// if the configuration says so.
func (n *Networks) open(ctx context.Context, c *config.Config, threads int, o nst.Objective) (*nst.Network, error) {
	net, err := n.get(ctx, networkKey(c.Network), func() (*nst.Network, error) { return OpenNetwork(c.Network) })
	if err != nil {
		return nil, err
	}
	if images := targets(o); net.NeedsCalibration() && len(images) > 0 {
		return n.get(ctx, calibrationKey(c), func() (*nst.Network, error) { return net.Calibrated(ctx, threads, images...) })
	}
	return net, nil
}

// targets returns the images that the terms compare with, each once.
func targets(o nst.Objective) []*nst.Image {
	var images []*nst.Image
	for _, term := range o {
		for _, m := range term.Loss.Needs().Targets {
			if !slices.Contains(images, m) {
				images = append(images, m)
			}
		}
	}
	return images
}

// networkKey is equal for equal networks.
func networkKey(n config.Network) string { return fmt.Sprintf("%#v %v", n, digest.StateOf(n.Weights)) }

// calibrationKey is equal for runs whose networks are calibrated to the same pictures
// in the same order.
func calibrationKey(c *config.Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %#v %#v %#v", networkKey(c.Network), c.Images, c.Colour, c.Regions)
	for _, f := range c.Sources() {
		fmt.Fprintf(&b, " %v", digest.StateOf(*f.Path))
	}
	for _, l := range c.Losses {
		fmt.Fprintf(&b, " %s %v %v", l.Kind, l.Style, l.Mask)
	}
	return b.String()
}
