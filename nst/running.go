package nst

import (
	"context"
	"errors"
	"time"
)

// running is a transfer while it runs.
type running struct {
	t         *Transfer
	observers []Observer
	evaluator evaluator
	optimizer Optimizer
	schedule  Schedule
	content   *Image // whose size the result has
	width     int
	height    int
	network   *Network
	stages    []stage
	stage     int // the one at hand
	every     int
	scale     float64 // what the optimiser takes white for

	x           []float32 // the image in the optimiser's units
	before      []float32 // the image before the step at hand
	good        []float32 // the last image whose objective and gradient were finite
	pixels      []float32 // the image in [0,1], for the objective
	step        int       // the next
	evaluations int
	earlier     int // evaluations before the run was resumed
	started     time.Time
	// recent has the parts' values of this step's evaluations by number: a line
	// search tries several points, and only it knows which it took.
	recent map[int][]float64
	result Result
	ctx    context.Context
}

// loop does the steps. Whatever ends a step early leaves the image and the
// optimiser as they were before it, so that every end can be continued from.
func (r *running) loop() (*Result, error) {
	for {
		for r.step == r.stages[r.stage].end && r.stage < len(r.stages)-1 {
			if err := r.advance(); err != nil {
				return r.fail(err)
			}
		}
		if r.step == r.steps() {
			return r.finish(Completed, "")
		}
		copy(r.before, r.x)
		evaluations := r.evaluations
		rate := r.schedule.Rate(r.step)
		e, err := r.optimizer.Step(r.evaluate, r.x, rate)
		if err != nil {
			r.evaluations = evaluations
		}
		switch {
		case errors.Is(err, ErrConverged) && r.stage < len(r.stages)-1:
			r.step = r.stages[r.stage].end
			continue
		case errors.Is(err, ErrConverged):
			return r.finish(Converged, err.Error())
		case err != nil:
			return r.fail(err)
		}
		if e.Number < 1 || e.Number > r.earlier && r.recent[e.Number] == nil {
			return r.fail(errorf("optimiser %T: Step returned evaluation %d, which is none of this step's: it must return the Evaluation that was found at x",
				r.optimizer, e.Number))
		}
		copy(r.good, r.before)
		if r.t.Project {
			r.project()
		}
		r.step++
		if (r.step-1)%r.every == 0 {
			if done, result, err := r.observe(r.step-1, rate, e); done {
				return result, err
			}
		}
		for n := range r.recent {
			if n < e.Number {
				delete(r.recent, n)
			}
		}
	}
}

// evaluate is the objective as the optimiser sees it.
func (r *running) evaluate(x, gradient []float32) (Evaluation, error) {
	values, total, err := r.valuesAt(r.ctx, x, gradient)
	if err != nil {
		return Evaluation{}, err
	}
	r.evaluations++
	r.recent[r.evaluations] = values
	return Evaluation{Number: r.evaluations, Loss: total, finite: true}, nil
}

func (r *running) valuesAt(ctx context.Context, x, gradient []float32) ([]float64, float64, error) {
	inverse := float32(1 / r.scale)
	for i, v := range x {
		r.pixels[i] = v * inverse
	}
	values, total, err := r.evaluator.evaluate(ctx, r.pixels, gradient)
	var bad *NotFiniteError
	if errors.As(err, &bad) {
		bad.Step = r.step
	}
	if r.scale != 1 {
		for i := range gradient {
			gradient[i] *= inverse
		}
	}
	return values, total, err
}

// project puts the image back into the range of pixels.
func (r *running) project() {
	white := float32(r.scale)
	for i, v := range r.x {
		r.x[i] = min(max(v, 0), white)
	}
}

// observe tells the observers of a step whose evaluation is known.
func (r *running) observe(step int, rate float64, e Evaluation) (done bool, result *Result, err error) {
	values, ok := r.recent[e.Number]
	if !ok {
		// Of before an interruption: computed again, and not counted. The step is
		// done, so no cancellation may keep the observers from hearing of it.
		ctx := context.WithoutCancel(r.ctx)
		if values, _, err = r.valuesAt(ctx, r.before, make([]float32, len(r.x))); err != nil {
			result, err = r.fail(err)
			return true, result, err
		}
	}
	s := &Step{Steps: r.steps(), run: r, Record: Record{
		Step: step, Stage: r.stage, Evaluations: e.Number, Seconds: time.Since(r.started).Seconds(),
		Rate: rate, Total: e.Loss, Terms: r.evaluator.record(values),
	}}
	r.result.Trace = append(r.result.Trace, s.Record)
	for _, o := range r.observers {
		if err := o.Observe(s); errors.Is(err, ErrStop) {
			result, err := r.end(Stopped, "", nil)
			return true, result, err
		} else if err != nil {
			result, err := r.end(Failed, "", errorf("observer at step %d: %w", step, err))
			return true, result, err
		}
	}
	return false, nil, nil
}

// finish evaluates the result, which no step has looked at yet.
func (r *running) finish(reason Reason, why string) (*Result, error) {
	copy(r.before, r.x)
	values, total, err := r.valuesAt(r.ctx, r.x, make([]float32, len(r.x)))
	if err != nil {
		return r.fail(err)
	}
	r.evaluations++
	r.recent[r.evaluations] = values
	e := Evaluation{Number: r.evaluations, Loss: total}
	if done, result, err := r.observe(r.step, r.schedule.Rate(r.step), e); done && err != nil {
		return result, err
	}
	r.evaluations-- // the checkpoint does not know that somebody looked
	result, err := r.end(reason, why, nil)
	result.Evaluations++
	return result, err
}

// fail leaves with an error from within a step: the objective's, with the last
// image that was good, or the context's.
func (r *running) fail(err error) (*Result, error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return r.end(Cancelled, "", err)
	}
	result, err := r.end(Failed, "", err)
	result.Image = r.imageOf(r.good)
	return result, err
}

// end leaves between two steps.
func (r *running) end(reason Reason, why string, err error) (*Result, error) {
	r.evaluator.Close() // before the copies that follow
	result := new(Result)
	*result = r.result
	result.Image = r.imageOf(r.x)
	result.Steps, result.Evaluations = r.step, r.evaluations
	result.Seconds = time.Since(r.started).Seconds()
	result.Reason, result.Why = reason, why
	if err != nil {
		result.Why = err.Error()
	}
	result.checkpoint, result.noCheckpoint = r.checkpoint()
	return result, err
}

func (r *running) imageOf(x []float32) *Image {
	m := NewImage(r.width, r.height)
	for i, v := range x {
		m.Pix[i] = v * float32(1/r.scale)
	}
	return m
}
