package nst

// Learning rates over the steps of a run.

import (
	"fmt"
	"math"
	"sort"
)

// Schedule gives the learning rate of each step. Steps count from 0; a negative
// step is taken for 0. A schedule that Validate refuses may give NaN, which every
// optimiser refuses. The schedules of this package keep no state: a run that is
// resumed asks for the step where it goes on.
type Schedule interface {
	Rate(step int) float64
}

// Constant is the same rate at every step.
type Constant struct {
	Value float64 // the rate, above 0
}

// Exponential multiplies the rate by Decay every so many steps:
//
//	Initial * Decay^(step/Every)
//
// continuously, or in stairs with the quotient rounded down.
type Exponential struct {
	Initial   float64 // rate at step 0, above 0
	Decay     float64 // factor, above 0; above 1 the rate grows, as in a search for the greatest usable one
	Every     int     // steps in which Decay acts once; 0: 1
	Staircase bool
}

// StepDecay multiplies the rate by Factor after every so many steps: an
// Exponential in stairs, under torch's name and with its default.
type StepDecay struct {
	Initial float64 // rate at step 0, above 0
	Factor  float64 // above 0; 0: 0.1
	Every   int     // steps, 1 or more
}

// Piecewise has constant rates between boundaries: Rates[i] from step
// Boundaries[i-1] on, up to but not at Boundaries[i] (as torch's MultiStepLR;
// TensorFlow's PiecewiseConstantDecay changes one step later).
type Piecewise struct {
	Boundaries []int     // rising, the first at least 1
	Rates      []float64 // one more than boundaries, each 0 or above
}

// Cosine goes down from Initial to Final along half a cosine, and stays there
// (Loshchilov and Hutter 2017, equation 5, without restarts):
//
//	Final + (Initial-Final) * (1 + cos(pi*step/Steps)) / 2
type Cosine struct {
	Initial float64 // rate at step 0, above 0
	Final   float64 // rate from step Steps on, 0 or above
	Steps   int     // 1 or more
}

// Warmup rises in equal parts to Then's first rate, which it reaches at its last
// step, and hands over to Then, whose steps are counted from there:
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

// Validate says what is wrong with the schedule.
func (s Constant) Validate() error {
	if !positive(s.Value) {
		return badOption("Constant.Value", s.Value, aboveZero)
	}
	return nil
}

// Validate says what is wrong with the schedule.
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

// Validate says what is wrong with the schedule.
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

// Validate says what is wrong with the schedule.
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

// Validate says what is wrong with the schedule.
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

// Validate says what is wrong with the schedule, or with the one that follows.
func (s Warmup) Validate() error {
	if s.Steps < 0 {
		return badOption("Warmup.Steps", s.Steps, "0 or more steps")
	}
	if s.Then == nil {
		return badOption("Warmup.Then", nil, "a schedule: what follows the warm-up")
	}
	return validate(s.Then)
}
