package cost

import (
	"context"
	"fmt"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/nst"
)

// transfer is the transfer that is timed.
func (o BenchOptions) transfer(ctx context.Context) (*nst.Transfer, error) {
	var images [2]*nst.Image
	for i := range images {
		m, err := nst.Noise{Seed: uint64(i + 1)}.Begin(o.Size, o.Size)
		if err != nil {
			return nil, err
		}
		m.Clamp()
		images[i] = m
	}
	p := &config.Pictures{Content: images[0], Style: []nst.Target{{Image: images[1], Weight: 1}}, Width: o.Size, Height: o.Size}
	t := &nst.Transfer{Width: o.Size, Height: o.Size, Threads: o.Threads, Memory: nst.Memory(o.Memory), Steps: benchWarmup + o.Iterations + 1}
	var err error
	if o.Network == "vgg19" {
		err = gatysBench(t, p, o.Precision)
	} else {
		err = pyramidBench(ctx, t, p, o.Precision)
	}
	if err == nil && o.Optimizer == "adam" {
		t.Optimizer, t.Schedule = &nst.Adam{}, nil
	}
	return t, err
}

// gatysBench is the preset gatys2015.
func gatysBench(t *nst.Transfer, p *config.Pictures, precision string) error {
	preset, err := plan.FindPreset("gatys2015")
	if err != nil {
		return err
	}
	c := preset.Config
	c.Network.Precision = nst.Precision(precision)
	if t.Network, err = engine.OpenNetwork(c.Network); err != nil {
		return err
	}
	for _, l := range c.Losses {
		t.Objective = append(t.Objective, nst.Term{Name: l.Name, Weight: l.Weight, Loss: l.Build(p)})
	}
	if t.Start, err = engine.BuildStart(c, c.Start.From, p); err != nil {
		return err
	}
	t.Optimizer = c.Optimizer.Options.Build()
	t.PixelRange = c.Run.PixelRange
	return nil
}

// pyramidBench is the preset pyramid without its line search, because the number of
// evaluations of a line search depends on the picture.
func pyramidBench(ctx context.Context, t *nst.Transfer, p *config.Pictures, precision string) error {
	var err error
	if t.Network, err = nst.Open("pyramid", nst.Options{Precision: nst.Precision(precision)}); err != nil {
		return err
	}
	if t.Network, err = t.Network.Calibrated(ctx, 0, p.Content, p.Style[0].Image); err != nil {
		return err
	}
	t.Objective = nst.Objective{
		{Name: "content", Weight: 0.4, Loss: nst.Content{Target: p.Content, Reduce: nst.Relative, Layers: nst.Layers("scale3", "scale4")}},
		{Name: "style", Weight: 100, Loss: nst.Gram{Targets: p.Style, Normalize: nst.ByPositions, Reduce: nst.Relative,
			Layers: nst.Layers("scale1", "scale2", "scale3", "scale4", "scale5")}},
		{Name: "smooth", Weight: 2, Loss: nst.Variation{Reduce: nst.Mean}},
	}
	t.Start = nst.FromImage(p.Content)
	t.Optimizer = &nst.LBFGS{LineSearch: nst.FixedStep, History: 10}
	return nil
}

// Work returns the number of floating-point operations of one evaluation of an
// objective on a square image of side size. A multiplication and an addition count as
// two operations. Convolutions are counted as direct convolutions, forward and backward
// to their input; Gram matrices as full matrix products, forward and backward.
// Everything else (ReLU, pooling, distances) is not counted.
func Work(net *nst.Network, o nst.Objective, size int) float64 {
	need := map[string]bool{}
	grams := map[string]int{}
	for _, term := range o {
		for _, name := range term.Loss.Needs().Layers {
			need[name] = true
			if _, ok := term.Loss.(nst.Gram); ok {
				grams[name]++
			}
		}
	}
	pyramid := net.Name() == "pyramid"
	layers := net.Layers()
	last := 0 // the deepest required layer
	for i, l := range layers {
		if need[l.Name] {
			last = i
		}
	}
	flops, in := 0.0, 3
	for i, l := range layers[:last+1] {
		side := size / l.Reduction // VGG's pooling drops an odd row
		kernel := 3.0
		if pyramid { // it reads the image, and its smaller copies keep an odd row
			side, kernel, in = (size+l.Reduction-1)/l.Reduction, 7, 3
		}
		positions := float64(side) * float64(side)
		channels := float64(l.Channels)
		skipped := pyramid && l.Kind == "convolution" && !need[layers[i+1].Name]
		if l.Kind == "convolution" && !skipped {
			flops += 2 * 2 * kernel * kernel * float64(in) * channels * positions
		}
		flops += float64(grams[l.Name]) * 2 * 2 * channels * channels * positions
		in = l.Channels
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
