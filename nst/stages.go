package nst

import (
	"context"
	"slices"
)

// Stage is a part of a run with its own image size. A run from coarse to fine
// forms large structures at small sizes, where few pixels show them and a step costs
// less.
type Stage struct {
	Size  int // longer side of the image in pixels; 0: that of the result
	Steps int
}

// Resampler is an Optimizer that can keep its state when the size of the image changes.
// Other optimisers start again with an empty state: L-BFGS, for example, cannot use
// changes of x and of the gradient from another size.
type Resampler interface {
	Optimizer
	// Resample changes the number of variables to n. plane writes into dst, a vector of
	// n variables, the resampled src, a vector of the old number of variables. Each
	// result is a mean of neighbours with weights of 0 or more.
	Resample(n int, plane func(dst, src []float32)) error
}

// stage is a Stage and its place in the run.
type stage struct {
	width, height int
	first, end    int // its steps are first … end-1
	resized           // how the targets are resized
}

// plan sets the stages of the run: one if the transfer has none.
func (r *running) plan() error {
	t := r.t
	if len(t.Stages) == 0 {
		r.stages = []stage{{width: r.width, height: r.height, end: t.Steps}}
		return nil
	}
	if t.Steps != 0 {
		return errorf("%d steps, and stages with steps of their own: leave one of them out", t.Steps)
	}
	long, first := max(r.width, r.height), 0
	for i, s := range t.Stages {
		size := s.Size
		if size == 0 {
			size = long
		}
		at := resized{size, long}
		next := stage{at.side(r.width), at.side(r.height), first, first + s.Steps, at}
		switch {
		case s.Size < 0:
			return errorf("stage %d has a size of %d: must be 0, for the result's, or more", i+1, s.Size)
		case s.Steps < 0:
			return errorf("stage %d has %d steps: must be 0 or more", i+1, s.Steps)
		case size > long:
			return errorf("stage %d has a size of %d, the result has %d: must be at most that", i+1, size, long)
		case i > 0 && next.width < r.stages[i-1].width:
			return errorf("stage %d has a size of %d, less than stage %d: stages go from coarse to fine", i+1, size, i)
		case i == len(t.Stages)-1 && size != long:
			return errorf("stage %d, the last, has a size of %d, the result has %d: must be the same", i+1, size, long)
		case next.width < 2 || next.height < 2:
			return errorf("stage %d has an image of %d x %d pixels: must be at least 2 x 2", i+1, next.width, next.height)
		}
		r.stages = append(r.stages, next)
		first = next.end
	}
	return nil
}

// steps returns the number of steps of all stages.
func (r *running) steps() int { return r.stages[len(r.stages)-1].end }

// stageOf returns the stage in which a checkpoint was made. A checkpoint between two
// stages has the size of the earlier one until the image is resampled.
func (r *running) stageOf(c *Checkpoint) (int, bool) {
	k := slices.IndexFunc(r.stages, func(s stage) bool {
		return c.Step >= s.first && c.Step <= s.end && c.Width == s.width && c.Height == s.height
	})
	return k, k >= 0
}

// bind makes the evaluator of the current stage.
func (r *running) bind(ctx context.Context) error {
	s := r.stages[r.stage]
	p, err := r.t.Objective.bind(ctx, r.network, s.width, s.height, r.t.device(), s.resized)
	if err != nil {
		return err
	}
	r.evaluator = p
	r.result.MapBytes = max(r.result.MapBytes, p.Bytes())
	return p.prepare(ctx)
}

// advance starts the next stage. After an error the image and the optimiser are as they
// were at the end of the previous stage.
func (r *running) advance() error {
	from, to := r.stages[r.stage], r.stages[r.stage+1]
	r.stage++
	if from.width == to.width && from.height == to.height {
		return nil
	}
	r.evaluator.Close()
	if err := r.bind(r.ctx); err != nil {
		return err
	}
	plane := func(k kernelOf) func(dst, src []float32) {
		return func(dst, src []float32) {
			resample(workers(r.t.Threads), dst, to.width, to.height, src, from.width, from.height, k)
		}
	}
	n := 3 * to.width * to.height
	if o, ok := r.optimizer.(Resampler); ok {
		if err := o.Resample(n, plane(triangle)); err != nil {
			return errorf("optimiser %T at stage %d: %w", r.optimizer, r.stage+1, err)
		}
	} else {
		r.optimizer.Init(n)
	}
	x := make([]float32, n)
	plane(cubic)(x, r.x)
	r.x, r.width, r.height = x, to.width, to.height
	if r.t.Project {
		r.project()
	}
	r.buffers()
	return nil
}

// resized says how a stage resizes the targets: in the ratio size/long, as the image,
// whose longer side is long at the end and size in this stage. The zero value keeps
// their size.
type resized struct{ size, long int }

// side returns the new length of a side of n pixels, rounded to the nearest.
func (r resized) side(n int) int { return max(1, (2*n*r.size+r.long)/(2*r.long)) }

func (r resized) image(m *Image) (*Image, error) {
	if r.size == r.long {
		return m, nil
	}
	return m.Resize(r.side(m.Width), r.side(m.Height), CatmullRom)
}

// resampled returns v, resampled with plane to n variables.
func resampled(n int, plane func(dst, src []float32), v []float32) []float32 {
	w := make([]float32, n)
	plane(w, v)
	return w
}
