package cost

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/memory"
	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/nst"
)

// A benchmark times whole iterations: the network forward, all losses, the gradient
// back to the image, and the optimiser's step.

// BenchOptions selects what is timed. The zero value is valid.
type BenchOptions struct {
	Network    string // one of BenchNetworks; empty: "vgg19"
	Size       int    // side of the square image in pixels; 0: 512
	Threads    int    // 0: 2
	Iterations int    // timed iterations, after two untimed ones; 0: 10
	Optimizer  string // "lbfgs", also when empty, with fixed steps; or "adam"
	Memory     string // "default", also when empty, or "low": see nst.LowMemory
	Precision  string // "float32", also when empty, or on VGG-19 "bf16x3" or "bf16"
}

// Benchmark is what was measured.
type Benchmark struct {
	SecondsPerIteration float64 `json:"seconds_per_iteration"` // the median
	// GFLOPS is 1e9 floating-point operations per second, counted for direct
	// convolutions: see Work. Faster algorithms need fewer.
	GFLOPS float64 `json:"gflops"`
	// PeakBytes is the peak resident memory of the process, as the system reports it;
	// 0 if it does not.
	PeakBytes uint64 `json:"peak_bytes,omitempty"`
	// AllocBytesPerIteration is the mean heap allocation of a timed iteration.
	AllocBytesPerIteration uint64 `json:"alloc_bytes_per_iteration"`
	ISA                    string `json:"isa"`
	Precision              string `json:"precision"`
	Threads                int    `json:"threads"`
	Size                   int    `json:"size"`
	Network                string `json:"network"`

	Seconds   []float64 `json:"-"` // of each timed iteration, in order
	Optimizer string    `json:"-"`
}

// Limits of the options.
const (
	minBenchSize       = 32 // VGG's relu5_1 still has 2 x 2 positions
	maxBenchSize       = 4096
	maxBenchThreads    = 1024
	maxBenchIterations = 10000
)

// benchWarmup iterations are not timed: they allocate buffers, and L-BFGS has
// no curvature yet.
const benchWarmup = 2

// Check returns an error if the options are invalid.
func (o BenchOptions) Check() error { return o.defaults() }

func (o *BenchOptions) defaults() error {
	o.Network, o.Optimizer, o.Precision = orElse(o.Network, "vgg19"), orElse(o.Optimizer, "lbfgs"), orElse(o.Precision, "float32")
	o.Size, o.Threads, o.Iterations = orElse(o.Size, 512), orElse(o.Threads, 2), orElse(o.Iterations, 10)
	if err := nst.Precision(o.Precision).Err(); err != nil {
		return mistake.Mark(err)
	}
	switch {
	case o.Memory != "" && o.Memory != string(nst.KeepMaps) && o.Memory != string(nst.LowMemory):
		return mistake.Errorf("unknown memory %q: choose default or low", o.Memory)
	case !slices.Contains(BenchNetworks(), o.Network):
		return mistake.Errorf("no benchmark for the network %q: choose one of %s", o.Network, strings.Join(BenchNetworks(), ", "))
	case o.Optimizer != "lbfgs" && o.Optimizer != "adam":
		return mistake.Errorf("no benchmark for the optimizer %q: choose lbfgs or adam", o.Optimizer)
	case o.Size < minBenchSize || o.Size > maxBenchSize:
		return mistake.Errorf("size %d: must be %d to %d pixels", o.Size, minBenchSize, maxBenchSize)
	case o.Threads < 1 || o.Threads > maxBenchThreads:
		return mistake.Errorf("%d threads: must be 1 to %d", o.Threads, maxBenchThreads)
	case o.Iterations < 1 || o.Iterations > maxBenchIterations:
		return mistake.Errorf("%d iterations: must be 1 to %d", o.Iterations, maxBenchIterations)
	}
	return nil
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Bench times iterations with the losses of Gatys et al. 2015 on VGG-19, or with those of
// a preset on a network without weights. Images and VGG's filters are random, which does not change the
// amount of work. Peak memory is that of the whole process, so a process should call
// Bench only once.
func Bench(ctx context.Context, o BenchOptions) (*Benchmark, error) {
	if err := o.defaults(); err != nil {
		return nil, err
	}
	t, vectors, err := o.transfer(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.room(ctx, t, vectors); err != nil {
		return nil, err
	}
	b := &Benchmark{ISA: nst.ISA(), Precision: o.Precision, Threads: o.Threads, Size: o.Size, Network: o.Network, Optimizer: o.Optimizer}
	var before, after runtime.MemStats
	var last time.Time
	r, err := t.Run(ctx, nst.ObserverFunc(func(s *nst.Step) error {
		now := time.Now()
		switch done := s.Step + 1; {
		case done < benchWarmup:
		case done == benchWarmup:
			runtime.ReadMemStats(&before)
		default:
			b.Seconds = append(b.Seconds, now.Sub(last).Seconds())
			if len(b.Seconds) == o.Iterations {
				runtime.ReadMemStats(&after)
				return nst.ErrStop
			}
		}
		last = time.Now()
		return nil
	}))
	if err != nil {
		return nil, err
	}
	if len(b.Seconds) < o.Iterations {
		return nil, fmt.Errorf("only %d of %d iterations could be timed: %s, %s; try the other optimizer",
			len(b.Seconds), o.Iterations, r.Reason, r.Why)
	}
	b.SecondsPerIteration = median(b.Seconds)
	if b.SecondsPerIteration == 0 { // Windows' clock may stand still for milliseconds
		return nil, fmt.Errorf("an iteration is too short for this system's clock; try a larger size")
	}
	b.GFLOPS = Work(t.Network, t.Objective, o.Size) / 1e9 / b.SecondsPerIteration
	b.AllocBytesPerIteration = (after.TotalAlloc - before.TotalAlloc) / uint64(o.Iterations)
	b.PeakBytes = memory.PeakBytes()
	return b, nil
}

// available is replaced by tests.
var available = memory.AvailableMemory

// room returns an error if the system has less memory than the benchmark takes.
func (o BenchOptions) room(ctx context.Context, t *nst.Transfer, vectors int) error {
	free := available()
	need, err := engine.TransferNeed(ctx, t, vectors)
	if err != nil || free == 0 || uint64(need) <= free {
		return err
	}
	return mistake.Errorf("%d pixels need about %d MB of memory, and the system has %d MB: choose a smaller size, or memory low", o.Size, need>>20, free>>20)
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
