package nst

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// running is a transfer while it runs.
type running struct {
	t         *Transfer
	observers []Observer
	problem   *problem
	optimizer Optimizer
	schedule  Schedule
	content   *Image // whose size the result has
	width     int
	height    int
	every     int
	scale     float64 // what the optimiser takes white for

	x           []float32 // the image in the optimiser's units
	before      []float32 // the image before the step at hand
	good        []float32 // the last image whose objective and gradient were finite
	pixels      []float32 // the image in [0,1], for the objective
	step        int       // the next
	evaluations int
	started     time.Time
	// recent has the parts' values of this step's evaluations by number: a line
	// search tries several points, and only it knows which it took.
	recent map[int][]float64
	result Result
	// hurry is cancelled a while after the run's context, so that a short step
	// ends and leaves a state to continue from.
	hurry context.Context
}

// grace is how long a step may go on after a cancellation.
const grace = time.Second

// patience starts the context under which steps run.
func (r *running) patience(ctx context.Context) (stop func()) {
	hurry, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.hurry = hurry
	unwatch := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			cancel()
		case <-hurry.Done():
		}
	})
	return func() { unwatch(); cancel() }
}

func (r *running) loop(ctx context.Context) (*Result, error) {
	for r.step < r.t.Steps {
		if err := ctx.Err(); err != nil {
			return r.end(Cancelled, "", err)
		}
		copy(r.before, r.x)
		rate := r.schedule.Rate(r.step)
		e, err := r.optimizer.Step(r.evaluate, r.x, rate)
		switch {
		case errors.Is(err, ErrConverged):
			return r.finish(Converged, err.Error())
		case r.hurry.Err() != nil && errors.Is(err, context.Canceled):
			r.result.Checkpoint = nil
			return r.endInside(Cancelled, ctx.Err())
		case err != nil:
			return r.fail(err)
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
	return r.finish(Completed, "")
}

// evaluate is the objective as the optimiser sees it.
func (r *running) evaluate(x, gradient []float32) (Evaluation, error) {
	values, total, err := r.valuesAt(x, gradient)
	if err != nil {
		return Evaluation{}, err
	}
	r.evaluations++
	r.recent[r.evaluations] = values
	return Evaluation{Number: r.evaluations, Loss: total}, nil
}

func (r *running) valuesAt(x, gradient []float32) ([]float64, float64, error) {
	inverse := float32(1 / r.scale)
	for i, v := range x {
		r.pixels[i] = v * inverse
	}
	values, total, err := r.problem.evaluate(r.hurry, r.pixels, gradient)
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
	if !ok { // of before an interruption: computed again, and not counted
		scratch := make([]float32, len(r.x))
		if values, _, err = r.valuesAt(r.before, scratch); err != nil {
			result, err = r.fail(err)
			return true, result, err
		}
	}
	s := &Step{Steps: r.t.Steps, run: r, Record: Record{
		Step: step, Evaluations: r.evaluations, Seconds: time.Since(r.started).Seconds(),
		Rate: rate, Total: e.Loss, Terms: r.problem.record(values),
	}}
	r.result.Trace = append(r.result.Trace, s.Record)
	for _, o := range r.observers {
		if err := o.Observe(s); errors.Is(err, ErrStop) {
			result, err := r.end(Stopped, "", nil)
			return true, result, err
		} else if err != nil {
			result, err := r.end(Failed, "", fmt.Errorf("nst: observer at step %d: %w", step, err))
			return true, result, err
		}
	}
	return false, nil, nil
}

// finish evaluates the result, which no step has looked at yet.
func (r *running) finish(reason Reason, why string) (*Result, error) {
	r.result.Why = why
	copy(r.before, r.x)
	gradient := make([]float32, len(r.x))
	values, total, err := r.valuesAt(r.x, gradient)
	if errors.Is(err, context.Canceled) {
		return r.endInside(Cancelled, err)
	} else if err != nil {
		return r.fail(err)
	}
	checkpoint, err := r.checkpoint()
	if err != nil {
		return r.endInside(Failed, err)
	}
	r.evaluations++
	r.recent[r.evaluations] = values
	e := Evaluation{Number: r.evaluations, Loss: total}
	if done, result, err := r.observe(r.step, r.schedule.Rate(r.step), e); done && err != nil {
		return result, err
	}
	result, err := r.end(reason, why, nil)
	result.Checkpoint = checkpoint
	return result, err
}

// end leaves between two steps: the image is the newest, and the run can go on.
func (r *running) end(reason Reason, why string, err error) (*Result, error) {
	copy(r.before, r.x)
	checkpoint, failed := r.checkpoint()
	if failed != nil {
		err = errors.Join(err, failed)
	}
	result, err := r.endInside(reason, err)
	result.Checkpoint = checkpoint
	if why != "" {
		result.Why = why
	}
	return result, err
}

// fail leaves with an error from the objective or the optimiser, and with the
// last image that was good.
func (r *running) fail(err error) (*Result, error) {
	copy(r.before, r.good)
	return r.endInside(Failed, err)
}

// endInside leaves in the middle of a step: the image is the one before it.
func (r *running) endInside(reason Reason, err error) (*Result, error) {
	result := &r.result
	result.Image = r.imageOf(r.before)
	result.Steps, result.Evaluations = r.step, r.evaluations
	result.Seconds = time.Since(r.started).Seconds()
	result.Reason = reason
	if err != nil {
		result.Why = err.Error()
	}
	return result, err
}

func (r *running) imageOf(x []float32) *Image {
	m := NewImage(r.width, r.height)
	for i, v := range x {
		m.Pix[i] = v * float32(1/r.scale)
	}
	return m
}

func (r *running) checkpoint() (*Checkpoint, error) {
	state, err := r.optimizer.MarshalBinary()
	if err != nil {
		return nil, err
	}
	return &Checkpoint{Width: r.width, Height: r.height, Step: r.step, Evaluations: r.evaluations,
		x: append([]float32(nil), r.x...), state: state}, nil
}
