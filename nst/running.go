package nst

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gonst/workbench/internal/prefix"
)

// running is the state of a transfer while it runs.
type running struct {
	t         *Transfer
	observers []Observer
	evaluator evaluator
	optimizer Optimizer
	schedule  Schedule
	content   *Image // determines the size of the result
	width     int
	height    int
	network   *Network
	stages    []stage
	stage     int       // index of the current stage
	scene     *Image    // content image of the current stage, if Between.Detail is set
	prepared  *Prepared // has the evaluators of the stages; nil: they are made
	every     int
	scale     float64 // value of white in the optimiser's units
	planning  bool    // binds to learn the memory; nothing is run

	x           []float32 // the image in the optimiser's units
	before      []float32 // the image before the current step
	average     *average  // of the stage's iterates before x; nil: none
	good        []float32 // the last image whose objective and gradient were finite
	pixels      []float32 // the image in [0,1], for the objective
	step        int       // the next step
	finished    bool      // before is the result
	evaluations int
	earlier     int // evaluations before the run was resumed
	started     time.Time
	// recent maps the numbers of this step's evaluations to the values of the parts: a
	// line search tries several points, and only the optimiser knows which it accepted.
	recent     map[int][]float64
	result     Result
	unfinished error // of Transfer.Finish
	ctx        context.Context
}

// run runs the steps and tells the observers how they ended.
func (r *running) run(ctx context.Context, observers []Observer) (*Result, error) {
	r.ctx, r.observers, r.started = ctx, observers, time.Now()
	result, err := r.loop()
	for _, o := range observers {
		if f, ok := o.(Finisher); ok {
			f.Finish(result)
		}
	}
	return result, err
}

// loop runs the steps. If a step ends early, it leaves the image and the optimiser as they
// were before the step, so that the run can continue from there.
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
		rate := r.rate(r.step)
		e, err := r.optimizer.Step(r.evaluate, r.x, rate)
		if err != nil {
			r.evaluations = evaluations
		}
		switch {
		case errors.Is(err, ErrConverged) && r.stage < len(r.stages)-1:
			r.step = r.stages[r.stage].end
			continue
		case errors.Is(err, ErrConverged):
			why := strings.TrimPrefix(prefix.Text(err), prefix.Text(ErrConverged)) // Reason says that
			return r.finish(Converged, strings.TrimPrefix(why, ": "))
		case err != nil:
			return r.fail(err)
		}
		if e.Number < 1 || e.Number > r.earlier && r.recent[e.Number] == nil {
			return r.fail(errorf("optimiser %T: Step returned evaluation %d, which is none of this step's: it must return the Evaluation that was found at x",
				r.optimizer, e.Number))
		}
		copy(r.good, r.before)
		if r.average != nil {
			r.average.add(r.before)
		}
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

// evaluate is the Func of the optimiser.
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

// project clamps the image to the range of pixels.
func (r *running) project() {
	white := float32(r.scale)
	for i, v := range r.x {
		r.x[i] = min(max(v, 0), white)
	}
}

// observe calls the observers for a step whose evaluation is known.
func (r *running) observe(step int, rate float64, e Evaluation) (done bool, result *Result, err error) {
	values, ok := r.recent[e.Number]
	if !ok {
		// The evaluation was made before an interruption: compute it again without
		// counting it. The step is done, so observe it even if the context is cancelled.
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
	if r.unfinished != nil {
		result, err := r.end(Failed, "", r.unfinished)
		return true, result, err
	}
	return false, nil, nil
}

// finish evaluates the result, which no step has evaluated.
func (r *running) finish(reason Reason, why string) (*Result, error) {
	copy(r.before, r.outcome())
	r.finished = true
	values, total, err := r.valuesAt(r.ctx, r.before, make([]float32, len(r.x)))
	if err != nil {
		return r.fail(err)
	}
	r.evaluations++
	r.recent[r.evaluations] = values
	e := Evaluation{Number: r.evaluations, Loss: total}
	if done, result, err := r.observe(r.step, r.rate(r.step), e); done && err != nil {
		return result, err
	}
	r.evaluations-- // not part of the checkpoint
	result, err := r.end(reason, why, nil)
	result.Evaluations++
	return result, err
}

// fail ends the run with an error from a step: the objective's error, with the last good
// image, or the context's error.
func (r *running) fail(err error) (*Result, error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return r.end(Cancelled, "", err)
	}
	result, err := r.end(Failed, "", err)
	result.Image = r.imageOf(r.good)
	if r.average != nil && r.average.weight > 0 { // all that was added is finite
		result.Image = r.imageOf(r.average.mean())
	}
	return result, err
}

// end ends the run between two steps.
func (r *running) end(reason Reason, why string, err error) (*Result, error) {
	r.evaluator.Close() // before the copies that follow
	result := new(Result)
	*result = r.result
	result.Image = r.imageOf(r.outcome())
	result.Steps, result.Evaluations = r.step, r.evaluations
	if err == nil && r.unfinished != nil {
		reason, err = Failed, r.unfinished
	}
	result.Seconds = time.Since(r.started).Seconds()
	result.Reason, result.Why = reason, why
	if err != nil {
		result.Why = prefix.Text(err)
	}
	result.checkpoint, result.noCheckpoint = r.checkpoint()
	return result, err
}

func (r *running) imageOf(x []float32) *Image {
	m := NewImage(r.width, r.height)
	for i, v := range x {
		m.Pix[i] = v * float32(1/r.scale)
	}
	if r.t.Finish == nil {
		return m
	}
	finished, err := r.t.Finish(m)
	if err != nil {
		r.unfinished = errorf("finishing the image: %w", err)
		return m
	}
	return finished
}
