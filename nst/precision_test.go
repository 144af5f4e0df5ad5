package nst

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gonst/workbench/nst/internal/cpu"
)

// precisionObjective is Gatys' on a narrow VGG-19 with random filters.
func precisionObjective(t *testing.T) (Objective, *Image) {
	t.Helper()
	var images []*Image
	for seed := range uint64(3) {
		m, err := Noise{Seed: seed + 1}.Begin(64, 48)
		if err != nil {
			t.Fatal(err)
		}
		images = append(images, m)
	}
	return Objective{
		{Name: "content", Weight: 1, Loss: Content{Target: images[0], Layers: Layers("conv4_2")}},
		{Name: "style", Weight: 1e3, Loss: Gram{Target: images[1], Layers: Layers("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")}},
	}, images[2]
}

// TestPrecisions holds what each precision makes of a whole objective to float32: its
// value and, in relative L2, its gradient.
func TestPrecisions(t *testing.T) {
	objective, at := precisionObjective(t)
	evaluate := func(p Precision) (float64, []float32) {
		net, err := Open("vgg19", Options{Width: 0.25, Precision: p, Pooling: Average})
		if err != nil {
			t.Fatal(err)
		}
		e, err := objective.bind(t.Context(), net, at.Width, at.Height, cpu.Device{Workers: workers(0)}, resized{})
		if err != nil {
			t.Fatal(err)
		}
		gradient := make([]float32, len(at.Pix))
		_, total, err := e.evaluate(context.Background(), at.Pix, gradient)
		if err != nil {
			t.Fatal(err)
		}
		return total, gradient
	}
	value, gradient := evaluate(Float32)
	for p, limit := range map[Precision]struct{ value, gradient float64 }{
		BF16x3: {1e-6, 5e-4}, // measured 3e-8 and 1.6e-4
		BF16:   {2e-3, 1e-2}, // measured 2e-4 and 2.3e-3
	} {
		if err := p.Err(); err != nil {
			t.Logf("%s is not compared: %v", p, err)
			continue
		}
		v, g := evaluate(p)
		var d, n float64
		for i := range g {
			e := float64(g[i]) - float64(gradient[i])
			d += e * e
			n += float64(gradient[i]) * float64(gradient[i])
		}
		off, offGradient := math.Abs(v-value)/value, math.Sqrt(d/n)
		t.Logf("%s: value off by %.2g, gradient by %.2g", p, off, offGradient)
		if off > limit.value || offGradient > limit.gradient {
			t.Errorf("%s: value off by %.2g, gradient by %.2g, want at most %g and %g", p, off, offGradient, limit.value, limit.gradient)
		}
	}
}

func TestPrecisionRefused(t *testing.T) {
	for _, c := range []struct {
		network   string
		precision Precision
	}{{"vgg19", "float16"}, {"pyramid", BF16}, {"pyramid", BF16x3}} {
		if _, err := Open(c.network, Options{Precision: c.precision}); !errors.Is(err, ErrPrecision) {
			t.Errorf("%s in %s: %v, want ErrPrecision", c.network, c.precision, err)
		}
	}
}
