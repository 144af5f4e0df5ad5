package experiments

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gonst/workbench/nst"
)

// networks lets runs of one process share prepared networks: those that agree in
// all that a network is made from. A pyramid that is calibrated to pictures is a
// network of its own, shared by runs of the same pictures. A network is let go when
// no run wants it any more.
type networks struct {
	mutex  sync.Mutex
	wanted map[string]int // runs to come, by the key of the network
	shared map[string]*sharedNetwork
	sums   map[fileState]string
}

type sharedNetwork struct {
	once sync.Once
	net  *nst.Network
	err  error
}

// newNetworks makes a collection for these runs.
func newNetworks(runs []*Config) *networks {
	n := &networks{wanted: map[string]int{}, shared: map[string]*sharedNetwork{}, sums: map[fileState]string{}}
	for _, c := range runs {
		n.wanted[c.Network.key()]++
		n.wanted[c.calibrationKey()]++
	}
	return n
}

// done says that the run will not ask again.
func (n *networks) done(c *Config) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for _, key := range []string{c.Network.key(), c.calibrationKey()} {
		if n.wanted[key]--; n.wanted[key] <= 0 {
			delete(n.wanted, key)
			delete(n.shared, key)
		}
	}
}

// get returns the network with that key, or makes it: once, if other runs want it
// too. On a nil collection it always makes it.
func (n *networks) get(key string, make func() (*nst.Network, error)) (*nst.Network, error) {
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
	if s.err != nil { // the next run may have more luck
		n.mutex.Lock()
		defer n.mutex.Unlock()
		if n.shared[key] == s {
			delete(n.shared, key)
		}
	}
	return s.net, s.err
}

// open opens the configuration's network, calibrated to the objective's targets
// where it wants that.
func (n *networks) open(c *Config, threads int, o nst.Objective) (*nst.Network, error) {
	net, err := n.get(c.Network.key(), c.Network.open)
	if err != nil {
		return nil, err
	}
	if images := targets(o); net.NeedsCalibration() && len(images) > 0 {
		return n.get(c.calibrationKey(), func() (*nst.Network, error) { return net.Calibrated(context.Background(), threads, images...) })
	}
	return net, nil
}

// sum is the SHA-256 of a file, which is read again only if it looks changed:
// weights are large, and every run of a sweep notes what it was made from.
func (n *networks) sum(path string) (string, error) {
	if n == nil {
		return hashFile(path)
	}
	state := stateOf(path)
	n.mutex.Lock()
	sum, ok := n.sums[state]
	n.mutex.Unlock()
	if ok {
		return sum, nil
	}
	sum, err := hashFile(path)
	if err == nil {
		n.mutex.Lock()
		defer n.mutex.Unlock()
		n.sums[state] = sum
	}
	return sum, err
}

// targets are the images that the terms compare with, each once.
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

// key is the same for networks that are the same.
func (n Network) key() string { return fmt.Sprintf("%#v %v", n, stateOf(n.Weights)) }

// calibrationKey is the same for runs whose networks are calibrated to the same
// pictures in the same order.
func (c *Config) calibrationKey() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %#v", c.Network.key(), c.Images)
	for _, in := range inputsOf(c) {
		fmt.Fprintf(&b, " %v", stateOf(in.path))
	}
	for _, l := range c.Losses {
		fmt.Fprintf(&b, " %s", l.Kind)
	}
	return b.String()
}

// fileState tells a file from itself after a change.
type fileState struct {
	path    string
	size    int64
	changed time.Time
}

func stateOf(path string) fileState {
	s := fileState{path: path}
	if info, err := os.Stat(path); err == nil {
		s.size, s.changed = info.Size(), info.ModTime()
	}
	return s
}
