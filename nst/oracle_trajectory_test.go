package nst

import (
	"context"
	"math"
	"testing"
)

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
		"lbfgs":              func() Optimizer { return &LBFGS{History: 100} },
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
			for i, want := range g.Totals {
				e := math.Abs(result.Trace[i].Total-want) / want
				t.Logf("step %d: total %.9g, want %.9g: relative error %.1e", i, result.Trace[i].Total, want, e)
				if !(e < trajectoryTolerance) {
					t.Errorf("step %d: total %.9g, want %.9g: relative error %.1e", i, result.Trace[i].Total, want, e)
				}
			}
			t.Logf("image after the last step: relative error %.1e", apart(result.Image.Pix, g.Final))
		})
	}
}

// trajectoryTolerance is wider: every step carries the rounding of those before.
const trajectoryTolerance = 1e-3
