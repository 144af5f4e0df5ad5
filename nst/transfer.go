package nst

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/kernel"
)

// Transfer describes a style transfer: everything that determines the picture, and the
// number of threads, which does not. A Transfer can run several times, but not
// concurrently, because its optimiser has state.
type Transfer struct {
	Network   *Network // nil: the pyramid of random filters
	Objective Objective
	// Start makes the first image; nil: the content image.
	Start Start
	// Width and Height of the result in pixels; 0: the size of the content image.
	Width, Height int
	Optimizer     Optimizer // nil: L-BFGS
	Schedule      Schedule  // nil: the optimiser's own constant rate (RatedOptimizer), or 0.02
	Steps         int
	// Stages, if set, replace Steps: each stage runs at its own size, from coarse to
	// fine. The last stage has the size of the result. A stage resizes the original
	// targets in proportion, with CatmullRom, or has an objective of its own. Between
	// stages of different size the image is resampled, and the optimiser's state is
	// resampled (Resampler) or reset. If the optimiser converges in a stage, the rest of
	// the stage's steps is skipped.
	Stages  []Stage
	Between Between
	// Average, if above 0, is the decay of an exponential average of the iterates,
	// below 1: with 0.99 about the last hundred count. The average is corrected for its
	// short history (as Adam's means are) and begins anew in each stage. It is the
	// result of the run, what observers see, and where the next stage starts. The
	// records still belong to the iterates, except the last, which belongs to the result.
	Average float64
	// Project clamps every pixel to [0,1] after each step. It does not clamp inside the
	// objective, because that would disturb L-BFGS's estimate of the curvature.
	Project bool
	// Finish, if set, makes the picture of an image: what observers see and the result
	// has. It may keep or change its argument. The optimisation, its records and its
	// checkpoints go on with the image itself. Keep.Result is one.
	Finish func(*Image) (*Image, error)
	// PixelRange is the value of white that the optimiser sees; 0: 1. With 255, a
	// learning rate has the same meaning as in systems with pixels from 0 to 255.
	PixelRange float64
	Every      int // observers see every Every-th step and the last; 0: 1
	Threads    int // 0: number of processors; the result never depends on it
	// Tile, if above 0, bounds the memory of large images: the objective is evaluated in
	// tiles of about Tile x Tile pixels, each with the surroundings that its layers read.
	// The gradient is that of the whole image to rounding. It takes about twice the
	// time. A loss must read sums over positions only: see ErrTiles.
	Tile int
	// Memory is KeepMaps if empty. The result never depends on it.
	Memory Memory
}

// Memory says whether a run keeps the feature maps of the forward pass for the backward
// pass, and the transformed filters. All choices give bit-identical results.
type Memory string

const (
	// KeepMaps keeps the maps and the transformed filters.
	KeepMaps Memory = "default"
	// LowMemory computes the largest maps again for the backward pass, from the nearest
	// maps that are kept, if this makes the run smaller. It also transforms the filters
	// of VGG's convolutions again every time. At 512x512 a run takes half the memory
	// and a fifteenth more time.
	LowMemory Memory = "low"
)

// memories maps each name to whether memory is low.
var memories = choices[Memory, bool]{{KeepMaps, false}, {LowMemory, true}}

// Reason says why a run stopped.
type Reason string

const (
	Completed Reason = "completed" // all steps are done
	Converged Reason = "converged" // the optimiser found no improvement
	Stopped   Reason = "stopped"   // an observer returned ErrStop
	Cancelled Reason = "cancelled" // the context was cancelled
	Failed    Reason = "failed"    // an error occurred: the result has the last good image
)

// Result is the outcome of a run. Once a run has begun, it returns a Result even with
// an error; the Result then has the last good image.
type Result struct {
	Image       *Image
	Steps       int // steps done, and steps skipped by stages that converged
	Evaluations int
	Seconds     float64
	Reason      Reason
	Why         string   // the reason in words; may be empty
	Trace       []Record // all observed steps
	// MapBytes is the memory of the feature maps and of all values computed from them,
	// in bytes. It does not include filters and the optimiser's vectors.
	MapBytes     int64
	checkpoint   *Checkpoint
	noCheckpoint error
}

// Checkpoint returns the state from which Resume continues the run. It is valid until the
// optimiser is used again. The error is ErrNotResumable if the optimiser has no state
// that can be saved.
func (r *Result) Checkpoint() (*Checkpoint, error) { return r.checkpoint, r.noCheckpoint }

// Final returns the last record. If the run completed, it is the record of the result.
func (r *Result) Final() Record {
	if len(r.Trace) == 0 {
		return Record{}
	}
	return r.Trace[len(r.Trace)-1]
}

// Run runs the transfer from its start.
//
// If the transfer is wrong, Run returns no result and an error that names the wrong part:
// it wraps ErrUnknownLayer, ErrStart or ErrImageTooSmall, or is that of a Validator.
// Errors of reading weights or images are returned in the same way. After the first
// step has begun, Run returns the result so far together with the error: the context's,
// if it is cancelled; a *NotFiniteError, if the run diverged; or that of an observer.
// Convergence and ErrStop are not errors: see Result.Reason.
func (t *Transfer) Run(ctx context.Context, observers ...Observer) (*Result, error) {
	return t.run(ctx, nil, observers)
}

// Resume continues from a checkpoint of the same transfer. The result is bit-identical
// to that of a run without an interruption. The errors are those of Run, and errors that
// wrap ErrCheckpoint if the checkpoint does not belong to the transfer.
func (t *Transfer) Resume(ctx context.Context, from *Checkpoint, observers ...Observer) (*Result, error) {
	return t.run(ctx, from, observers)
}

func (t *Transfer) run(ctx context.Context, from *Checkpoint, observers []Observer) (*Result, error) {
	defer kernel.Use()()
	r, err := t.prepare(ctx, from)
	if err != nil {
		return nil, err
	}
	defer func() { r.evaluator.Close() }()
	return r.run(ctx, observers)
}

// prepare checks and binds the transfer.
func (t *Transfer) prepare(ctx context.Context, from *Checkpoint) (*running, error) {
	r, err := t.ready(from)
	if err != nil {
		return nil, err
	}
	if err := r.calibrate(ctx); err != nil {
		return nil, err
	}
	return r, r.bind(ctx)
}

// ready checks the transfer and sets the image from the start or a checkpoint.
func (t *Transfer) ready(from *Checkpoint) (*running, error) {
	r, err := t.checked()
	if err != nil {
		return nil, err
	}
	r.width, r.height = r.stages[0].width, r.stages[0].height
	return r, r.begin(from)
}

// checked checks the transfer. The result has the size of the last stage.
func (t *Transfer) checked() (*running, error) {
	if err := kernel.Err(); err != nil {
		return nil, err
	}
	if err := t.Objective.check(); err != nil {
		return nil, err
	}
	r := &running{t: t, every: max(1, t.Every), scale: t.PixelRange, optimizer: t.Optimizer, schedule: t.Schedule}
	setDefault(&r.scale, 1)
	switch {
	case t.Steps < 0:
		return nil, errorf("%d steps: must be 0 or more", t.Steps)
	case t.Tile < 0:
		return nil, errorf("tiles of %d pixels: must be 0, for the whole image, or more", t.Tile)
	case !fraction(t.Average):
		return nil, errorf("an average with a decay of %v: must be 0, for no average, to below 1", t.Average)
	case !(r.scale > 0) || math.IsInf(r.scale, 0):
		return nil, errorf("pixel range %v: must be above 0, as 1 or 255", t.PixelRange)
	}
	if _, err := memories.of("memory", t.Memory); err != nil {
		return nil, err
	}
	r.defaults()
	if err := t.checkNormalized(t.Objective, r.optimizer); err != nil {
		return nil, err
	}
	for _, part := range []any{r.schedule, r.optimizer, t.Start} {
		if err := validate(part); err != nil {
			return nil, err
		}
	}
	if o, ok := r.optimizer.(ParallelOptimizer); ok {
		o.UseParallel(workers(t.Threads))
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	if err := r.canvas(); err != nil {
		return nil, err
	}
	return r, r.plan()
}

// device returns the device that runs the transfer's graphs.
func (t *Transfer) device() cpu.Device {
	return cpu.Device{Workers: workers(t.Threads), LowMemory: t.Memory == LowMemory}
}

// open opens the network and checks the layer names before anything is read or computed.
func (r *running) open() (err error) {
	if r.network = r.t.Network; r.network == nil {
		if r.network, err = Open(networks[0].name, Options{}); err != nil {
			return err
		}
	}
	return r.t.Objective.checkLayers(r.network)
}

// calibrate fits the network to the targets if it needs calibration. It builds the losses
// before, to find their faults before anything is computed.
func (r *running) calibrate(ctx context.Context) error {
	images := r.t.Objective.targets()
	if !r.network.NeedsCalibration() || len(images) == 0 {
		return nil
	}
	_, err := r.t.Objective.build(r.network, r.width, r.height, r.stages[0].resized)
	if err == nil {
		r.network, err = r.network.Calibrated(ctx, r.t.Threads, images...)
	}
	return err
}

// defaults sets fields that the transfer leaves empty.
func (r *running) defaults() {
	if r.optimizer == nil {
		r.optimizer = &LBFGS{}
	}
	if r.schedule == nil {
		rate := 0.02
		if o, ok := r.optimizer.(RatedOptimizer); ok {
			rate = o.DefaultRate()
		}
		r.schedule = Constant{Value: rate}
	}
}

// canvas determines the size of the result.
func (r *running) canvas() error {
	r.width, r.height = r.t.Width, r.t.Height
	open := r.width == 0 && r.height == 0
	r.content = r.t.Objective.content()
	if open && r.content != nil {
		r.width, r.height = r.content.Width, r.content.Height
	} else if s, ok := r.t.Start.(SizedStart); ok && open {
		r.width, r.height = s.Size()
	}
	if r.width < 2 || r.height < 2 {
		return errorf("a result of %d x %d pixels: set Width and Height, at least 2, or have a content loss", r.width, r.height)
	}
	return nil
}

// begin sets the image and the optimiser from the start or a checkpoint.
func (r *running) begin(from *Checkpoint) error {
	if r.t.Average > 0 {
		r.average = &average{decay: r.t.Average}
	}
	if from != nil {
		if err := r.restore(from); err != nil {
			return err
		}
		r.earlier = r.evaluations
	} else {
		r.optimizer.Init(3 * r.width * r.height)
		start := r.t.Start
		if start == nil {
			if r.content == nil {
				return errors.New("nst: a transfer without a content loss needs a Start: an image, or Noise{}")
			}
			start = FromImage(r.content)
		}
		m, err := beginPart("start", start, r.width, r.height)
		if err != nil {
			return err
		}
		r.x = append([]float32(nil), m.Pix...)
		for i := range r.x {
			r.x[i] *= float32(r.scale)
		}
		if r.average != nil {
			r.average.reset(len(r.x))
		}
	}
	r.buffers()
	return nil
}

// buffers allocates the vectors that have the image's size.
func (r *running) buffers() {
	r.before = slices.Clone(r.x)
	r.good = slices.Clone(r.x)
	r.pixels = make([]float32, len(r.x))
	r.recent = map[int][]float64{}
}
