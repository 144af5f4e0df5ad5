package engine

import (
	"context"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/measure"
	"github.com/gonst/workbench/nst"
	"github.com/gonst/workbench/weights"
)

// ChooseYardsticks returns the runs' yardsticks with the values that they omit: the same
// values for all runs. The network is the VGG with trained weights that all runs use;
// otherwise it is the fixed pyramid of package measure. The size is the smallest image
// size of all runs, but at most measure.DefaultSize. So large pictures are not enlarged
// for measuring, and a small run spends little time on it.
func ChooseYardsticks(runs []*config.Config) []config.Yardstick {
	size := measure.DefaultSize
	shared := runs[0].Network
	for _, c := range runs {
		size = min(size, c.Images.Size)
		if n := c.Network; n.Name != shared.Name || n.Weights != shared.Weights || n.Input.Name != shared.Input.Name {
			shared.Weights = ""
		}
	}
	if !WholeVGG(shared) {
		shared.Weights = ""
	}
	all := make([]config.Yardstick, len(runs))
	for i, c := range runs {
		all[i] = c.Yardstick
		y := &all[i]
		if y.Size == 0 {
			y.Size = max(size, config.MinYardstick)
		}
		if y.Network == "" && shared.Weights == "" {
			y.Network = "pyramid"
		}
		if y.Network == "" {
			y.Network, y.Weights, y.Preprocess = shared.Name, shared.Weights, shared.Input.Name
		}
		if y.Network == c.Network.Name && y.Weights == "" { // a VGG is named: the run's own weights fit
			y.Weights = c.Network.Weights
			if y.Preprocess == "" {
				y.Preprocess = c.Network.Input.Name
			}
		}
		if y.Network != "pyramid" && y.Preprocess == "" {
			y.Preprocess = config.TrainedWith(y.Weights)
		}
	}
	return all
}

// WholeVGG reports whether a network's weight file has all convolutions, and not only
// those that the run reads.
func WholeVGG(n config.Network) bool {
	if n.Weights == "" {
		return false
	}
	c, err := weights.Open(n.Weights)
	if err != nil {
		return false
	}
	defer c.Close()
	return c.Network() == n.Name
}

// OpenYardstick makes the yardstick. Filters are read when it is first used.
func OpenYardstick(ctx context.Context, y config.Yardstick, threads int) (measure.Yardstick, error) {
	var m measure.Yardstick
	var err error
	if y.Network == "pyramid" {
		m, err = measure.Pyramid(ctx)
	} else {
		var trained nst.Weights
		if trained, err = weights.Open(y.Weights); err != nil {
			return m, err
		}
		preprocess := config.Preprocessings[y.Preprocess]
		m, err = measure.VGG(y.Network, trained, &preprocess)
	}
	if err != nil {
		return m, prefix.Errorf("", "yardstick: %w", err)
	}
	m.Size, m.Threads = y.Size, threads
	if len(y.Content) > 0 {
		m.Content = y.Content
	}
	if len(y.Style) > 0 {
		m.Style = y.Style
	}
	return m, nil
}
