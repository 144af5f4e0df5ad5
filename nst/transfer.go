package nst

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/kernel"
)

// Transfer is a style transfer that is to be run: everything that decides the
// picture, and the number of threads, which does not. It can be run more than
// once, but not twice at the same time, for its optimiser has a state.
type Transfer struct {
	Network   *Network // nil: the pyramid of random filters
	Objective Objective
	// Start is where the image starts: the content image unless said.
	Start Start
	// Width and Height of the result: those of the content image unless said.
	Width, Height int
	Optimizer     Optimizer // nil: L-BFGS
	Schedule      Schedule  // nil: constant, the optimiser's own rate (RatedOptimizer) or 0.02
	Steps         int
	// Stages are parts of the run at sizes of their own, coarse to fine, in place of
	// Steps. The last has the result's size. Targets are resized in proportion, each from
	// the original, with CatmullRom. Between stages of different size the image is
	// resampled, also with CatmullRom, and the optimiser's state is carried over
	// (Resampler) or begins anew. A stage whose optimiser converges gives its remaining
	// steps up.
	Stages []Stage
	// Project puts every pixel back into [0,1] after each step; never inside
	// the objective, where it would spoil what L-BFGS learns of the curvature.
	Project bool
	// PixelRange is what the optimiser takes white for: 1 unless said. With 255
	// a rate means what it means in systems whose pixels go from 0 to 255.
	PixelRange float64
	Every      int // observers are told of every so many steps, and of the last; 0 means 1
	Threads    int // 0: as many as there are processors; the result never depends on it
	// Memory is KeepMaps unless said. The result never depends on it.
	Memory Memory
}

// Memory is what a run does with the maps of its forward pass that the way back
// reads, and with transformed filters. It changes no bit.
type Memory string

const (
	// KeepMaps keeps them.
	KeepMaps Memory = "default"
	// LowMemory computes the largest once more when they are needed, from the
	// nearest that are kept, as far as that makes the run smaller, and transforms the
	// filters of VGG's convolutions anew every time: at 512x512 half the memory, for a
	// fifteenth more time.
	LowMemory Memory = "low"
)

// memories tell whether memory is low.
var memories = choices[Memory, bool]{{KeepMaps, false}, {LowMemory, true}}

// Reason says why a run stopped.
type Reason string

const (
	Completed Reason = "completed" // all steps were done
	Converged Reason = "converged" // the optimiser found nothing to improve
	Stopped   Reason = "stopped"   // an observer said so
	Cancelled Reason = "cancelled" // the context was cancelled
	Failed    Reason = "failed"    // an error: the last good image is kept
)

// Result is what a run came to. There is one even where there is an error, as
// soon as the run had begun: the last good image.
type Result struct {
	Image       *Image
	Steps       int // done, or given up by a stage that converged
	Evaluations int
	Seconds     float64
	Reason      Reason
	Why         string   // the reason in words, where there is more to say
	Trace       []Record // every observed step
	// MapBytes is the memory that feature maps took, and whatever else was computed
	// from them. Filters and the optimiser's vectors are not in it.
	MapBytes     int64
	checkpoint   *Checkpoint
	noCheckpoint error
}

// Checkpoint continues the run from where it ended, while its optimiser is not used for
// something else. ErrNotResumable: the optimiser has no state that can be saved.
func (r *Result) Checkpoint() (*Checkpoint, error) { return r.checkpoint, r.noCheckpoint }

// Final is the last record: that of the result where the run was completed.
func (r *Result) Final() Record {
	if len(r.Trace) == 0 {
		return Record{}
	}
	return r.Trace[len(r.Trace)-1]
}

// Run runs the transfer from its start. It returns what it has when the
// context is cancelled, with the context's error.
func (t *Transfer) Run(ctx context.Context, observers ...Observer) (*Result, error) {
	return t.run(ctx, nil, observers)
}

// Resume continues from a checkpoint of the same transfer, to the same bits as
// if it had never been interrupted.
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
	r.ctx, r.observers, r.started = ctx, observers, time.Now()
	return r.loop()
}

// prepare checks the transfer and binds it.
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

// ready checks the transfer and puts its image at the start or at a checkpoint.
func (t *Transfer) ready(from *Checkpoint) (*running, error) {
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
	case !(r.scale > 0) || math.IsInf(r.scale, 0):
		return nil, errorf("pixel range %v: must be above 0, as 1 or 255", t.PixelRange)
	}
	if _, err := memories.of("memory", t.Memory); err != nil {
		return nil, err
	}
	r.defaults()
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
	if err := r.plan(); err != nil {
		return nil, err
	}
	r.width, r.height = r.stages[0].width, r.stages[0].height
	return r, r.begin(from)
}

// device is what the transfer's graphs run on.
func (t *Transfer) device() cpu.Device {
	return cpu.Device{Workers: workers(t.Threads), LowMemory: t.Memory == LowMemory}
}

// open finds the network and looks for the layers in it, before anything is read or computed.
func (r *running) open() (err error) {
	if r.network = r.t.Network; r.network == nil {
		if r.network, err = Open(networks[0].name, Options{}); err != nil {
			return err
		}
	}
	return r.t.Objective.checkLayers(r.network)
}

// calibrate fits the network to the targets if it needs that.
func (r *running) calibrate(ctx context.Context) (err error) {
	if images := r.t.Objective.targets(); r.network.NeedsCalibration() && len(images) > 0 {
		r.network, err = r.network.Calibrated(ctx, r.t.Threads, images...)
	}
	return err
}

// defaults chooses what the transfer leaves open.
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

// canvas decides the size of the result.
func (r *running) canvas() error {
	r.width, r.height = r.t.Width, r.t.Height
	open := r.width == 0 && r.height == 0
	for _, term := range r.t.Objective {
		if c, ok := term.Loss.(ContentLoss); ok && r.content == nil {
			r.content = c.ContentImage()
		}
	}
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

// begin puts the image and the optimiser at the start or at a checkpoint.
func (r *running) begin(from *Checkpoint) error {
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
	}
	r.buffers()
	return nil
}

// buffers makes what has the image's size.
func (r *running) buffers() {
	r.before = slices.Clone(r.x)
	r.good = slices.Clone(r.x)
	r.pixels = make([]float32, len(r.x))
	r.recent = map[int][]float64{}
}
