package nst

// Schedules of the learning rate.

import (
	"fmt"
	"math"
	"sort"
)

// Schedule returns the learning rate of each step. Steps count from 0; a negative step
// counts as 0. If Validate returns an error, Rate may return NaN; every optimiser returns
// an error for a NaN rate. The schedules of this package have no state: a resumed run
// calls Rate with the step where it continues.
type Schedule interface {
	Rate(step int) float64
}

// Constant is the same rate at every step.
type Constant struct {
	Value float64 // the rate, above 0
}

// Exponential multiplies the rate by Decay in the course of Every steps:
//
//	Initial * Decay^(step/Every)
//
// The quotient is a real number, or an integer, rounded down, with Staircase.
type Exponential struct {
	Initial   float64 // rate at step 0, above 0
	Decay     float64 // factor, above 0; a factor above 1 raises the rate, as in a search for the largest usable rate
	Every     int     // number of steps in which the rate changes by Decay; 0: 1
	Staircase bool
}

// StepDecay multiplies the rate by Factor after each period of Every steps. It is an Exponential with
// Staircase, under torch's name and with torch's default.
type StepDecay struct {
	Initial float64 // rate at step 0, above 0
	Factor  float64 // above 0; 0: 0.1
	Every   int     // steps, 1 or more
}

// Piecewise has constant rates: Rates[i] from step Boundaries[i-1] up to, but not
// including, step Boundaries[i]. torch's MultiStepLR does the same; TensorFlow's
// PiecewiseConstantDecay changes one step later.
type Piecewise struct {
	Boundaries []int     // increasing, the first at least 1
	Rates      []float64 // one more than Boundaries, each 0 or more
}

// Cosine lowers the rate from Initial to Final along half a cosine, then keeps Final
// (Loshchilov and Hutter 2017, equation 5, without restarts):
//
//	Final + (Initial-Final) * (1 + cos(pi*step/Steps)) / 2
type Cosine struct {
	Initial float64 // rate at step 0, above 0
	Final   float64 // rate from step Steps on, 0 or above
	Steps   int     // 1 or more
}

// Warmup raises the rate linearly to Then's first rate, which it reaches at its last
// step. Then continues, with steps counted from there:
//
//	Then.Rate(0) * (step+1)/Steps      below Steps
//	Then.Rate(step-Steps)              from Steps on
type Warmup struct {
	Steps int // 0 or more
	Then  Schedule
}

// Rate implements Schedule.
func (s Constant) Rate(int) float64 { return s.Value }

// Rate implements Schedule.
func (s Exponential) Rate(step int) float64 {
	times := float64(max(step, 0)) / float64(max(s.Every, 1))
	if s.Staircase {
		times = math.Floor(times)
	}
	return s.Initial * math.Pow(s.Decay, times)
}

// Rate implements Schedule.
func (s StepDecay) Rate(step int) float64 {
	return Exponential{Initial: s.Initial, Decay: orDefault(s.Factor, 0.1), Every: s.Every, Staircase: true}.Rate(step)
}

// Rate implements Schedule.
func (s Piecewise) Rate(step int) float64 {
	i := sort.Search(len(s.Boundaries), func(i int) bool { return s.Boundaries[i] > max(step, 0) })
	if i >= len(s.Rates) {
		return math.NaN()
	}
	return s.Rates[i]
}

// Rate implements Schedule.
func (s Cosine) Rate(step int) float64 {
	if step >= s.Steps {
		return s.Final
	}
	return s.Final + (s.Initial-s.Final)*(1+math.Cos(math.Pi*float64(max(step, 0))/float64(s.Steps)))/2
}

// Rate implements Schedule.
func (s Warmup) Rate(step int) float64 {
	if s.Then == nil {
		return math.NaN()
	}
	if step = max(step, 0); step < s.Steps {
		return s.Then.Rate(0) * float64(step+1) / float64(s.Steps)
	}
	return s.Then.Rate(step - max(s.Steps, 0))
}

const (
	aboveZero = "a finite number above 0"
	fromZero  = "a finite number of 0 or above"
)

// Validate returns an error if the schedule is invalid.
func (s Constant) Validate() error {
	if !positive(s.Value) {
		return badOption("Constant.Value", s.Value, aboveZero)
	}
	return nil
}

// Validate returns an error if the schedule is invalid.
func (s Exponential) Validate() error {
	switch {
	case !positive(s.Initial):
		return badOption("Exponential.Initial", s.Initial, aboveZero)
	case !positive(s.Decay):
		return badOption("Exponential.Decay", s.Decay, aboveZero)
	case s.Every < 0:
		return badOption("Exponential.Every", s.Every, "0 (the default, 1) or a number of steps")
	}
	return nil
}

// Validate returns an error if the schedule is invalid.
func (s StepDecay) Validate() error {
	switch {
	case !positive(s.Initial):
		return badOption("StepDecay.Initial", s.Initial, aboveZero)
	case s.Factor != 0 && !positive(s.Factor):
		return badOption("StepDecay.Factor", s.Factor, "0 (the default, 0.1) or "+aboveZero)
	case s.Every < 1:
		return badOption("StepDecay.Every", s.Every, "1 or more steps")
	}
	return nil
}

// Validate returns an error if the schedule is invalid.
func (s Piecewise) Validate() error {
	if len(s.Rates) != len(s.Boundaries)+1 {
		return badOption("the number of Piecewise.Rates", len(s.Rates), fmt.Sprintf("%d, one more than Piecewise.Boundaries", len(s.Boundaries)+1))
	}
	last := 0
	for i, b := range s.Boundaries {
		if b <= last {
			return badOption(fmt.Sprintf("Piecewise.Boundaries[%d]", i), b, fmt.Sprintf("a step after %d", last))
		}
		last = b
	}
	for i, r := range s.Rates {
		if r != 0 && !positive(r) {
			return badOption(fmt.Sprintf("Piecewise.Rates[%d]", i), r, fromZero)
		}
	}
	return nil
}

// Validate returns an error if the schedule is invalid.
func (s Cosine) Validate() error {
	switch {
	case !positive(s.Initial):
		return badOption("Cosine.Initial", s.Initial, aboveZero)
	case s.Final != 0 && !positive(s.Final):
		return badOption("Cosine.Final", s.Final, fromZero)
	case s.Steps < 1:
		return badOption("Cosine.Steps", s.Steps, "1 or more steps")
	}
	return nil
}

// Validate returns an error if the schedule or Then is invalid.
func (s Warmup) Validate() error {
	if s.Steps < 0 {
		return badOption("Warmup.Steps", s.Steps, "0 or more steps")
	}
	if s.Then == nil {
		return badOption("Warmup.Then", nil, "a schedule: what follows the warm-up")
	}
	return validate(s.Then)
}
