package cost

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/nst"
)

func TestBench(t *testing.T) {
	for _, optimizer := range []string{"lbfgs", "adam"} {
		size := 33
		if runtime.GOOS == "windows" { // Windows' clock is coarse
			size = 160
		}
		b, err := Bench(context.Background(), BenchOptions{Network: "pyramid", Size: size, Threads: 1, Iterations: 3, Optimizer: optimizer})
		if err != nil {
			t.Fatal(err)
		}
		fastest, slowest := b.Spread()
		if len(b.Seconds) != 3 || !(fastest > 0) || b.SecondsPerIteration < fastest || b.SecondsPerIteration > slowest {
			t.Errorf("%s: %v s an iteration of %v", optimizer, b.SecondsPerIteration, b.Seconds)
		}
		if !(b.GFLOPS > 0) || b.PeakBytes < 1<<20 || b.ISA != nst.ISA() {
			t.Errorf("%s: %+v", optimizer, b)
		}
	}
}

func TestBenchRefuses(t *testing.T) {
	for _, o := range []BenchOptions{
		{Precision: "bf16", Network: "pyramid", Size: 64}, {Precision: "float16"}, {Network: "vgg16"}, {Size: 31}, {Size: -1},
		{Size: 1 << 20}, {Threads: -1}, {Iterations: -1}, {Optimizer: "sgd"},
	} {
		b, err := Bench(context.Background(), o)
		if err == nil {
			t.Errorf("%+v: measured %+v", o, b)
			continue
		}
		if o.Precision != "" && !errors.Is(err, nst.ErrPrecision) {
			t.Errorf("%+v: %v is not ErrPrecision", o, err)
		}
	}
}

// A benchmark that the memory does not suffice for is refused before it begins.
func TestBenchRoom(t *testing.T) {
	defer func(f func() uint64) { available = f }(available)
	available = func() uint64 { return 100 << 20 }
	_, err := Bench(t.Context(), BenchOptions{Network: "pyramid", Size: 300, Threads: 1, Iterations: 1})
	if err == nil || !mistake.Is(err) || !strings.Contains(err.Error(), "300 pixels need about") || !strings.Contains(err.Error(), "the system has 100 MB") {
		t.Errorf("error %v", err)
	}
}

// TestBenchWork checks the count of operations against one made by hand.
func TestBenchWork(t *testing.T) {
	for network, want := range map[string]float64{
		// VGG-19 to relu5_1 at 32 x 32: multiplications forward, by blocks.
		"vgg19": 4*9*(1024*64*(3+64)+256*128*(64+128)+64*256*(128+3*256)+16*512*(256+3*512)+4*512*512) +
			4*(1024*64*64+256*128*128+64*256*256+16*512*512+4*512*512),
		// 96 filters of 7 x 7 x 3 at 32, 16, 8, 4 and 2 squared positions.
		"pyramid": 4 * 96 * (49*3 + 96) * (1024 + 256 + 64 + 16 + 4),
		// 27 filters of 7 x 7 x 3, and covariances of 54 maps.
		"oriented": 4 * (27*49*3 + 54*54) * (1024 + 256 + 64 + 16 + 4),
		// The same; features along strokes on three levels, and with the next of three levels; then 36
		// filters of 5 x 5 x 6 on four levels, with products of 72 maps and of 72 with 54 of the next scale.
		"oriented-fine": 4*(27*49*3+54*54)*(1024+256+64+16+4) + 4*54*54*(1024+256+64+256+64+16) +
			4*(36*25*6+72*72+72*54)*(256+64+16+4),
	} {
		o := BenchOptions{Network: network, Size: 32}
		if err := o.Check(); err != nil {
			t.Fatal(err)
		}
		o.defaults()
		transfer, _, err := o.transfer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := Work(transfer.Network, transfer.Objective, 32); math.Abs(got-want) > 0.5 {
			t.Errorf("%s: %v operations, want %v", network, got, want)
		}
	}
}

// TestBenchIsThePreset checks that every network is timed with all losses of its preset.
func TestBenchIsThePreset(t *testing.T) {
	for _, b := range benchPresets {
		preset, err := plan.FindPreset(b.preset)
		if err != nil {
			t.Fatal(err)
		}
		o := BenchOptions{Network: b.network, Size: 32, Threads: 1, Iterations: 1}
		o.defaults()
		transfer, _, err := o.transfer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if name := preset.Config.Network.Name; transfer.Network.Name() != name || transfer.Network.NeedsCalibration() {
			t.Errorf("%s: the network is %s, expected a calibrated %s", b.network, transfer.Network.Name(), name)
		}
		if len(transfer.Objective) != len(preset.Config.Losses) {
			t.Errorf("%s: %d losses, the preset has %d", b.network, len(transfer.Objective), len(preset.Config.Losses))
		}
		if l, ok := transfer.Optimizer.(*nst.LBFGS); !ok || l.LineSearch != nst.FixedStep {
			t.Errorf("%s: the optimizer is %#v, expected L-BFGS with fixed steps", b.network, transfer.Optimizer)
		}
	}
}
