package config

import (
	"fmt"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// Schedule is the learning rate over the steps.
type Schedule struct {
	Kind    string
	Rate    float64         // at the first step; 0 if the kind has its own rates
	Warmup  int             // steps from zero to the first rate, before the schedule itself begins
	Options ScheduleOptions // *Exponential, *Cosine, …, according to Kind
}

// ScheduleOptions are the options of one kind of schedule.
type ScheduleOptions interface {
	options
	// Build makes the schedule that begins with a rate.
	Build(rate float64) nst.Schedule
	// rates reports whether the kind has its own rates instead of a first rate.
	rates() bool
}

// Build makes the schedule with its warmup.
func (s Schedule) Build() nst.Schedule {
	then := s.Options.Build(s.Rate)
	if s.Warmup > 0 {
		return nst.Warmup{Steps: s.Warmup, Then: then}
	}
	return then
}

var scheduleKinds = kinds[ScheduleOptions]{
	{"constant", func() ScheduleOptions { return &Constant{} }},
	{"exponential", func() ScheduleOptions { return &Exponential{} }},
	{"step", func() ScheduleOptions { return &StepDecay{} }},
	{"piecewise", func() ScheduleOptions { return &Piecewise{} }},
	{"cosine", func() ScheduleOptions { return &Cosine{} }},
}

var scheduleChoice = choice{
	title: "schedule", key: "kind",
	names:  func() []string { return scheduleKinds.names() },
	chosen: func(c *Config, _ int) *string { return &c.Schedule.Kind },
	choose: func(c *Config, _ int, kind string) { c.Schedule.Options = scheduleKinds.options(kind) },
	table: func(c *Config, _ int) field.Table {
		return func(visit func(field.Field)) {
			s := &c.Schedule
			if !s.Options.rates() {
				visit(field.Number("rate", &s.Rate, c.Optimizer.Options.Rate(c.Run.PixelRange), field.Above(0)).
					Says("The learning rate at the first step. Its default depends on the optimiser; sgd has none."))
			}
			visit(field.Whole("warmup", &s.Warmup, 0, field.AtLeast(0)).
				Says("Steps over which the rate rises from zero, before the schedule begins."))
			s.Options.fields(c, visit)
		}
	},
	shared: []string{"rate", "warmup"},
	kind:   kindIn("kind", "constant"),
}

// Constant keeps one rate for all steps.
type Constant struct{}

func (o *Constant) fields(*Config, func(field.Field)) {}
func (o *Constant) Build(rate float64) nst.Schedule   { return nst.Constant{Value: rate} }
func (o *Constant) rates() bool                       { return false }

// Exponential are the options of nst.Exponential.
type Exponential struct {
	Decay     float64
	Every     int
	Staircase bool
}

func (o *Exponential) fields(_ *Config, visit func(field.Field)) {
	visit(field.Number("decay", &o.Decay, 0.96, field.UpTo(0, 1)).
		Says("The factor on the rate after every steps."))
	visit(field.Whole("every", &o.Every, 100, field.AtLeast(1)).
		Says("Steps between two factors."))
	visit(field.Flag("staircase", &o.Staircase, false).
		Says("Change the rate at multiples of every only, in place of continuously."))
}

func (o *Exponential) Build(rate float64) nst.Schedule {
	return nst.Exponential{Initial: rate, Decay: o.Decay, Every: o.Every, Staircase: o.Staircase}
}
func (o *Exponential) rates() bool { return false }

// StepDecay are the options of nst.StepDecay.
type StepDecay struct {
	Factor float64
	Every  int
}

func (o *StepDecay) fields(_ *Config, visit func(field.Field)) {
	visit(field.Number("factor", &o.Factor, 0.1, field.UpTo(0, 1)).
		Says("The factor on the rate at each multiple of every."))
	visit(field.Whole("every", &o.Every, 100, field.AtLeast(1)).
		Says("Steps between two factors."))
}

func (o *StepDecay) Build(rate float64) nst.Schedule {
	return nst.StepDecay{Initial: rate, Factor: o.Factor, Every: o.Every}
}
func (o *StepDecay) rates() bool { return false }

// Piecewise are the options of nst.Piecewise.
type Piecewise struct {
	Boundaries []int
	Rates      []float64 // one more than boundaries
}

func (o *Piecewise) fields(_ *Config, visit func(field.Field)) {
	visit(field.Wholes("boundaries", &o.Boundaries, field.AtLeast(1)).
		Says("The steps at which the rate changes."))
	visit(field.Numbers("rates", &o.Rates, field.AtLeast(0)).
		Says("The rates between the boundaries: one more than boundaries."))
}

func (o *Piecewise) check(report func(key, found, want string)) {
	if len(o.Rates) != len(o.Boundaries)+1 {
		report("rates", fmt.Sprintf("%d rates and %d boundaries", len(o.Rates), len(o.Boundaries)), "one rate more than boundaries")
	}
	for i := 1; i < len(o.Boundaries); i++ {
		if o.Boundaries[i] <= o.Boundaries[i-1] {
			report("boundaries", fmt.Sprintf("%d after %d", o.Boundaries[i], o.Boundaries[i-1]), "steps that ascend")
			break
		}
	}
}

func (o *Piecewise) Build(float64) nst.Schedule {
	return nst.Piecewise{Boundaries: o.Boundaries, Rates: o.Rates}
}
func (o *Piecewise) rates() bool { return true }

// Cosine are the options of nst.Cosine.
type Cosine struct {
	Final float64
	Steps int
}

func (o *Cosine) fields(c *Config, visit func(field.Field)) {
	visit(field.Number("final", &o.Final, 0, field.AtLeast(0)).
		Says("The rate at the end."))
	visit(field.Whole("steps", &o.Steps, max(1, c.Steps()-c.Schedule.Warmup), field.AtLeast(1)).
		Says("Steps of the cosine. Without it, the steps of the run that follow the warmup."))
}

func (o *Cosine) Build(rate float64) nst.Schedule {
	return nst.Cosine{Initial: rate, Final: o.Final, Steps: o.Steps}
}
func (o *Cosine) rates() bool { return false }
