package nst

import (
	"context"
	"math"
	"testing"
)

// trajectoryTolerance is wider than that of one evaluation: every step carries
// the rounding of those before, and L-BFGS's second step goes as far as the
// difference of two nearby gradients says.
const trajectoryTolerance = 1e-3

// lastTolerance is that of the last image, whose step no total has looked at: what
// L-BFGS makes of rounding there differs between processors (1.8e-3 on arm64, where
// Go fuses multiplications with additions).
const lastTolerance = 3e-3

// Ten steps of whole objectives; the totals are those of the image that each
// step found.
func TestOracleTrajectories(t *testing.T) {
	type golden struct {
		Name      string
		Network   goldenNetwork
		Image     goldenImage
		Terms     []goldenTerm
		Optimizer string
		Rate      float64
		Totals    []float64
		Final     goldenFloats
	}
	optimizers := map[string]func() Optimizer{
		"adam":               func() Optimizer { return &Adam{} },
		"lbfgs":              func() Optimizer { return &LBFGS{LineSearch: FixedStep, History: 100} },
		"lbfgs strong wolfe": func() Optimizer { return &LBFGS{History: 100, LineSearch: StrongWolfe} },
	}
	for _, g := range readGolden[golden](t, "trajectories.json") {
		t.Run(g.Name, func(t *testing.T) {
			tr := Transfer{Network: mustOpen(t, g.Network), Objective: oracleObjective(t, g.Terms),
				Start: FromImage(g.Image.image()), Optimizer: optimizers[g.Optimizer](),
				Schedule: Constant{Value: g.Rate}, Steps: len(g.Totals), Threads: 2}
			result, err := tr.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			worst := 0.0
			for i, want := range g.Totals {
				e := math.Abs(result.Trace[i].Total-want) / want
				worst = max(worst, e)
				if !(e < trajectoryTolerance) {
					t.Errorf("step %d: total %.9g, want %.9g: relative error %.1e", i, result.Trace[i].Total, want, e)
				}
			}
			e := apart(result.Image.Pix, g.Final)
			if !(e < lastTolerance) {
				t.Errorf("image after the last step: relative error %.1e", e)
			}
			t.Logf("largest relative error of a total %.1e, of the last image %.1e", worst, e)
		})
	}
}
