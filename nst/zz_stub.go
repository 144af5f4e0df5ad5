package nst

// Stand-ins until the optimisers and schedules land.

import "errors"

type Evaluation struct {
	Number int
	Loss   float64
}
type Func func(x, grad []float32) (Evaluation, error)
type Optimizer interface {
	Init(n int)
	Step(f Func, x []float32, rate float64) (Evaluation, error)
	MarshalBinary() ([]byte, error)
	UnmarshalBinary([]byte) error
}

var ErrConverged = errors.New("nst: converged")

type LBFGS struct{ Optimizer }
type Schedule interface{ Rate(step int) float64 }
type Constant struct{ Value float64 }

func (c Constant) Rate(int) float64 { return c.Value }
