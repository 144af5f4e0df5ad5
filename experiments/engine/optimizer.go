package engine

import (
	"fmt"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/nst"
)

// buildOptimizer makes a fresh optimiser: it holds the state of one run.
func buildOptimizer(o config.Optimizer) (nst.Optimizer, error) {
	switch o.Kind {
	case "lbfgs":
		return &nst.LBFGS{History: o.History, LineSearch: nst.LineSearch(o.LineSearch), MaxEvaluations: o.MaxEvaluations, Blind: o.Blind}, nil
	case "adam":
		return &nst.Adam{Beta1: o.Beta1, Beta2: o.Beta2, Epsilon: o.Epsilon, EpsilonHat: o.EpsilonHat}, nil
	case "sgd":
		return &nst.SGD{Momentum: o.Momentum, Dampening: o.Dampening, Nesterov: o.Nesterov}, nil
	case "rmsprop":
		return &nst.RMSProp{Alpha: o.Alpha, Epsilon: o.Epsilon, Momentum: o.Momentum, Centered: o.Centered}, nil
	}
	return nil, fmt.Errorf("no optimizer of kind %q", o.Kind)
}

func buildSchedule(s config.Schedule) (nst.Schedule, error) {
	var then nst.Schedule
	switch s.Kind {
	case "constant":
		then = nst.Constant{Value: s.Rate}
	case "exponential":
		then = nst.Exponential{Initial: s.Rate, Decay: s.Decay, Every: s.Every, Staircase: s.Staircase}
	case "step":
		then = nst.StepDecay{Initial: s.Rate, Factor: s.Factor, Every: s.Every}
	case "piecewise":
		then = nst.Piecewise{Boundaries: s.Boundaries, Rates: s.Rates}
	case "cosine":
		then = nst.Cosine{Initial: s.Rate, Final: s.Final, Steps: s.Steps}
	default:
		return nil, fmt.Errorf("no schedule of kind %q", s.Kind)
	}
	if s.Warmup > 0 {
		then = nst.Warmup{Steps: s.Warmup, Then: then}
	}
	return then, nil
}
