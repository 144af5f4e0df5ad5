package cost

import (
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/planned"
	"github.com/gonst/workbench/nst"
)

func TestTrial(t *testing.T) {
	plan, _ := planned.Small(t)
	trial := &Trial{Threads: 1}
	a, err := trial.Measure(t.Context(), plan.Runs[0])
	if err != nil || a.Step <= 0 || a.Step > 10*time.Second || a.Whole(10) < 10*a.Step {
		t.Errorf("%+v, %v", a, err)
	}
	low := *plan.Runs[0].Config
	low.Run.Memory = config.Memory(nst.LowMemory)
	if engine.CostKey(plan.Runs[0].Config) == engine.CostKey(&low) {
		t.Error("runs with memory default and low have one estimate")
	}
	if b, err := trial.Measure(t.Context(), plan.Runs[1]); err != nil || a != b {
		t.Errorf("runs that differ in a weight only were tried twice: %+v, %+v, %v", a, b, err)
	}
}
