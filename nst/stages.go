package nst

import (
	"context"
	"math"
	"slices"
)

// Stage is a part of a run with its own image size. A run from coarse to fine
// forms large structures at small sizes, where few pixels show them and a step costs
// less.
type Stage struct {
	Size int // longer side of the image in pixels; 0: that of the result
	// Width and Height of the image in pixels, instead of Size.
	Width, Height int
	Steps         int
	Rate          float64 // factor on the schedule's rate; 0: 1
	// Objective makes the objective of this stage, with target images of the stage's
	// own sizes. It is called when the stage begins. Its terms should have the names and
	// parts of the transfer's, so that records of all stages compare. Nil: the
	// transfer's objective, with its targets resized.
	Objective func() (Objective, error)
}

// Between says what happens between two stages of different size.
type Between struct {
	// Filter resamples the image and the vectors of the optimiser's state that may be
	// negative: CatmullRom if empty, Bicubic or Bilinear. Mean squares are always
	// resampled with Bilinear, whose weights are never negative.
	Filter Interpolation
	// Detail adds to the resampled image what the content image of the new stage has and
	// the resampled content image of the old stage lacks.
	Detail bool
	// Anew begins the optimiser's state anew even if it could be resampled.
	Anew bool
}

// Resampler is an Optimizer that can keep its state when the size of the image changes.
// Other optimisers start again with an empty state: L-BFGS, for example, cannot use
// changes of x and of the gradient from another size.
type Resampler interface {
	Optimizer
	// Resample changes the number of variables to n. signed and positive write into
	// dst, a vector of n variables, the resampled src, a vector of the old number of
	// variables. Each result of positive is a mean of neighbours with weights of 0 or
	// more; signed may overshoot.
	Resample(n int, signed, positive func(dst, src []float32)) error
}

// stage is a Stage and its place in the run.
type stage struct {
	Stage
	width, height int
	first, end    int // its steps are first … end-1
	resized           // how the targets are resized
}

// plan sets the stages of the run: one if the transfer has none.
func (r *running) plan() error {
	t := r.t
	if _, err := planeFilters.of("filter between stages", t.Between.Filter); err != nil {
		return err
	}
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
		if s.Width != 0 || s.Height != 0 {
			size = max(s.Width, s.Height)
		} else if size == 0 {
			size = long
		}
		next := stage{s, s.Width, s.Height, first, first + s.Steps, resized{size, long}}
		if s.Width == 0 && s.Height == 0 {
			next.width, next.height = next.side(r.width), next.side(r.height)
		}
		switch {
		case s.Size < 0 || s.Width < 0 || s.Height < 0:
			return errorf("stage %d has a size of %d, width %d and height %d: none may be negative", i+1, s.Size, s.Width, s.Height)
		case s.Size != 0 && (s.Width != 0 || s.Height != 0):
			return errorf("stage %d has a size of %d, and a width and height: leave one of them out", i+1, s.Size)
		case s.Steps < 0:
			return errorf("stage %d has %d steps: must be 0 or more", i+1, s.Steps)
		case !(s.Rate >= 0) || math.IsInf(s.Rate, 0):
			return errorf("stage %d has a rate of %v: a factor above 0, or 0 for 1", i+1, s.Rate)
		case size > long:
			return errorf("stage %d has a size of %d, the result has %d: must be at most that", i+1, size, long)
		case i > 0 && (next.width < r.stages[i-1].width || next.height < r.stages[i-1].height):
			return errorf("stage %d has a size of %d, less than stage %d: stages go from coarse to fine", i+1, size, i)
		case i == len(t.Stages)-1 && (next.width != r.width || next.height != r.height):
			return errorf("stage %d, the last, has a size of %d, the result has %d: must be the same", i+1, size, long)
		case next.width < 2 || next.height < 2:
			return errorf("stage %d has an image of %d x %d pixels: must be at least 2 x 2", i+1, next.width, next.height)
		}
		r.stages = append(r.stages, next)
		first = next.end
	}
	return nil
}

// rate returns the learning rate of a step of the current stage.
func (r *running) rate(step int) float64 {
	rate := r.schedule.Rate(step)
	if f := r.stages[r.stage].Rate; f != 0 {
		rate *= f
	}
	return rate
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
	if r.prepared != nil {
		r.evaluator, r.scene = lent{r.prepared.problems[r.stage]}, r.prepared.scenes[r.stage]
		return r.evaluator.prepare(ctx)
	}
	p, scene, err := r.problemOf(ctx, r.stages[r.stage])
	if err != nil {
		return err
	}
	r.evaluator, r.scene = p, scene
	r.result.MapBytes = max(r.result.MapBytes, p.Bytes())
	return p.prepare(ctx)
}

// problemOf binds the objective of a stage. It also returns the stage's content image, if
// Between needs it.
func (r *running) problemOf(ctx context.Context, s stage) (p evaluator, scene *Image, err error) {
	o, targets := r.t.Objective, s.resized
	if s.Objective != nil {
		targets = resized{}
		if o, err = s.Objective(); err == nil {
			err = o.check()
		}
		if err == nil {
			err = r.t.checkNormalized(o, r.optimizer)
		}
		if err == nil {
			err = o.checkLayers(r.network)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if content := o.content(); content != nil && r.t.Between.Detail {
		if scene, err = targets.image(content); err != nil {
			return nil, nil, err
		}
	}
	if r.t.Tile > 0 {
		p, err := o.bindTiles(ctx, r.network, s.width, s.height, r.t.Tile, r.device(), targets)
		return p, scene, err
	}
	whole, err := o.bind(ctx, r.network, s.width, s.height, r.device(), targets)
	return whole, scene, err
}

// advance starts the next stage. After an error the image and the optimiser are as they
// were at the end of the previous stage.
func (r *running) advance() error {
	from, to, coarse := r.stages[r.stage], r.stages[r.stage+1], r.scene
	r.stage++
	same := from.width == to.width && from.height == to.height
	rebind := !same || from.Objective != nil || to.Objective != nil
	x := r.outcome()
	if rebind {
		r.evaluator.Close()
		if err := r.bind(r.ctx); err != nil {
			return err
		}
	}
	n := 3 * to.width * to.height
	o, carries := r.optimizer.(Resampler)
	switch {
	case !carries && rebind, r.t.Between.Anew:
		r.optimizer.Init(n)
	case carries && !same:
		signed, positive := r.between(from, to)
		if err := o.Resample(n, signed, positive); err != nil {
			return errorf("optimiser %T at stage %d: %w", r.optimizer, r.stage+1, err)
		}
	}
	if !same {
		signed, _ := r.between(from, to)
		large := resampled(n, signed, x)
		if coarse != nil && r.scene != nil {
			lacks := resampled(n, signed, coarse.Pix)
			for i, v := range r.scene.Pix {
				large[i] += float32(float32(r.scale) * (v - lacks[i]))
			}
		}
		x = large
	}
	r.x, r.width, r.height = x, to.width, to.height
	if r.average != nil {
		r.average.reset(n)
	}
	if rebind {
		if r.t.Project {
			r.project()
		}
		r.buffers()
	}
	return nil
}

// between returns the functions that resample a vector of one stage for the next.
func (r *running) between(from, to stage) (signed, positive func(dst, src []float32)) {
	plane := func(f planeFilter) func(dst, src []float32) {
		return func(dst, src []float32) {
			resample(workers(r.t.Threads), dst, to.width, to.height, src, from.width, from.height, f)
		}
	}
	f, _ := planeFilters.of("", r.t.Between.Filter)
	return plane(f), plane(triangle)
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
