package cost

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/nst"
)

// benchPresets are the networks that can be timed, each with the preset whose losses are.
var benchPresets = []struct{ network, preset string }{
	{"vgg19", "gatys2015"},
	{"pyramid", "pyramid"},
	{"oriented", "oriented"},
	{"oriented-fine", "oriented-fine"}, // the same network with its second layer
}

// BenchNetworks returns the networks that Bench knows.
func BenchNetworks() []string {
	var names []string
	for _, b := range benchPresets {
		names = append(names, b.network)
	}
	return names
}

// transfer is the transfer that is timed: one stage of the preset, without a line search,
// because the number of evaluations of a line search depends on the picture. It also returns
// the number of the optimiser's vectors.
func (o BenchOptions) transfer(ctx context.Context) (*nst.Transfer, int, error) {
	preset, err := plan.FindPreset(benchPresets[slices.Index(BenchNetworks(), o.Network)].preset)
	if err != nil {
		return nil, 0, err
	}
	c := preset.Config
	c.Network.Precision = nst.Precision(o.Precision)
	var images [2]*nst.Image
	for i := range images {
		if images[i], err = (nst.Noise{Seed: uint64(i + 1)}).Begin(o.Size, o.Size); err != nil {
			return nil, 0, err
		}
		images[i].Clamp()
	}
	p := &config.Pictures{Content: images[0], Style: []nst.Target{{Image: images[1], Weight: 1}}, Width: o.Size, Height: o.Size}
	t := &nst.Transfer{Width: o.Size, Height: o.Size, Threads: o.Threads, Memory: nst.Memory(o.Memory),
		PixelRange: c.Run.PixelRange, Steps: benchWarmup + o.Iterations + 1}
	if t.Network, err = engine.OpenNetwork(c.Network); err != nil {
		return nil, 0, err
	}
	if t.Network.NeedsCalibration() {
		if t.Network, err = t.Network.Calibrated(ctx, 0, images[0], images[1]); err != nil {
			return nil, 0, err
		}
	}
	for _, l := range c.Losses {
		t.Objective = append(t.Objective, nst.Term{Name: l.Name, Weight: l.Weight, Loss: l.Build(p)})
	}
	if t.Start, err = engine.BuildStart(c, c.Start.From, p); err != nil {
		return nil, 0, err
	}
	if o.Optimizer == "adam" {
		t.Optimizer = &nst.Adam{}
		return t, (&config.Adam{}).Vectors(t.Steps), nil
	}
	t.Optimizer = c.Optimizer.Options.Build()
	t.Optimizer.(*nst.LBFGS).LineSearch = nst.FixedStep
	return t, c.Optimizer.Options.Vectors(t.Steps), nil
}

// Work returns the number of floating-point operations of one evaluation of an
// objective on a square image of side size. A multiplication and an addition count as
// two operations. Convolutions are counted as direct convolutions, forward and backward
// to their input; Gram matrices, covariances and the other products of maps as full matrix
// products, forward and backward. Everything else (ReLU, pooling, distances) is not counted.
func Work(net *nst.Network, o nst.Objective, size int) float64 {
	info := map[string]nst.LayerInfo{}
	for _, l := range net.Layers() {
		for _, name := range append(l.Aliases, l.Name) {
			info[name] = l
		}
	}
	positions := func(layer string) float64 {
		w, h, _ := net.MapSize(layer, size, size)
		return float64(w) * float64(h)
	}
	product := func(a, b string) float64 {
		return 4 * float64(info[a].Channels) * float64(info[b].Channels) * min(positions(a), positions(b))
	}
	flops := 0.0
	need := map[string]bool{}
	for _, term := range o {
		for _, name := range term.Loss.Needs().Layers {
			for l, ok := info[name]; ok && !need[l.Name]; l, ok = info[l.Reads] {
				need[l.Name] = true
				flops += 4 * float64(l.Kernel*l.Kernel*l.Inputs*l.Channels) * positions(l.Name)
			}
		}
		switch loss := term.Loss.(type) {
		case nst.CrossScale:
			with, _ := loss.Partners()
			for i, name := range with {
				flops += product(loss.Layers[i].Layer, name)
			}
		case nst.ShiftedGram: // four products, of maps that are mostly averaged over 2x2 positions
			for _, l := range loss.Layers {
				flops += product(l.Layer, l.Layer)
			}
		case nst.Gram:
			for _, l := range loss.Layers {
				flops += product(l.Layer, l.Layer)
			}
		case nst.Covariance:
			for _, l := range loss.Layers {
				flops += product(l.Layer, l.Layer)
			}
		}
	}
	return flops
}

// Spread returns the fastest and the slowest of the timed iterations.
func (b *Benchmark) Spread() (fastest, slowest float64) {
	fastest, slowest = b.Seconds[0], b.Seconds[0]
	for _, s := range b.Seconds {
		fastest, slowest = min(fastest, s), max(slowest, s)
	}
	return fastest, slowest
}

// String returns the benchmark as several lines for people.
func (b *Benchmark) String() string {
	fastest, slowest := b.Spread()
	var s strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&s, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("network", "%s, %d x %d pixels, %s", b.Network, b.Size, b.Size, b.Optimizer)
	line("iteration", "%.4g s (median of %d; %.4g to %.4g)", b.SecondsPerIteration, len(b.Seconds), fastest, slowest)
	line("speed", "%.4g GFLOP/s, counted as direct convolutions", b.GFLOPS)
	if b.PeakBytes > 0 {
		line("peak memory", "%.1f MB", float64(b.PeakBytes)/1e6)
	}
	line("allocation", "%.1f kB an iteration", float64(b.AllocBytesPerIteration)/1e3)
	line("computed by", "%s, %s, %d threads", b.ISA, b.Precision, b.Threads)
	return s.String()
}
