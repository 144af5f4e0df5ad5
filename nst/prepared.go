package nst

import (
	"context"
	"errors"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// Prepared is a transfer that is bound once and runs several times, for example on the
// frames of a film or on many photographs in one style. Between two runs, target images,
// masks and inputs can be replaced by others of the same size. The next run computes
// only what depends on them.
//
// Images, masks and values are not copied: do not change them while they are in use. A
// network that needs calibration is calibrated with the images that the transfer had
// when Prepare was called. A Prepared is not safe for concurrent use.
type Prepared struct {
	transfer Transfer
	problems []*problem // one for each stage
	stages   []stage
	scenes   []*Image // content images of the stages, if Between.Detail is set
	content  *Image   // current
	first    *Image   // content image when Prepare was called
}

// Prepare checks and binds the transfer, every stage of it. Call Close to release the
// memory.
func (t *Transfer) Prepare(ctx context.Context) (*Prepared, error) {
	defer kernel.Use()()
	r, err := t.ready(nil)
	if err != nil {
		return nil, err
	}
	if t.Tile > 0 {
		return nil, errorf("a transfer in tiles cannot be prepared: run it instead")
	}
	if err := r.calibrate(ctx); err != nil {
		return nil, err
	}
	p := &Prepared{transfer: *t, stages: r.stages, content: r.content, first: r.content}
	p.transfer.Network = r.network
	for _, s := range r.stages {
		e, scene, err := r.problemOf(ctx, s)
		whole, _ := e.(*problem)
		if err == nil {
			p.problems, p.scenes = append(p.problems, whole), append(p.scenes, scene)
			err = whole.prepare(ctx)
		}
		if err != nil {
			p.Close()
			return nil, err
		}
	}
	return p, nil
}

// Set replaces the target images of a term, in the order of its loss's Needs:
// Target first, then Targets. It also replaces these images in other terms that use
// them. If a transfer starts from its content image, it starts from the new one. Smaller
// stages resize the images with CatmullRom.
func (p *Prepared) Set(term string, images ...*Image) error {
	t, err := p.term(term)
	if err != nil {
		return err
	}
	if len(images) != len(t.images) {
		return errorf("term %q compares with %d images, found %d", term, len(t.images), len(images))
	}
	for i, m := range images {
		if m == nil {
			return errorf("term %q: image %d is nil", term, i+1)
		}
		if err := m.Validate(); err != nil {
			return errorf("term %q: image %d: %w", term, i+1, err)
		}
		if old := t.images[i]; m.Width != old.Width || m.Height != old.Height {
			return errorf("term %q: image %d of %d x %d pixels in place of %d x %d: prepare another transfer",
				term, i+1, m.Width, m.Height, old.Width, old.Height)
		}
	}
	for k := range p.problems {
		for i, m := range images {
			if err := p.set(k, term, i, m, t.images[i] == p.first); err != nil {
				return err
			}
		}
	}
	return nil
}

// set replaces the i-th image of a term in a stage.
func (p *Prepared) set(k int, term string, i int, m *Image, isContent bool) error {
	old := p.problems[k].term(term).images[i]
	shown, err := p.stages[k].image(m)
	if p.stages[k].Objective != nil { // it has images of its own sizes
		shown, err = m.Resize(old.Width, old.Height, CatmullRom)
	}
	if err != nil {
		return err
	}
	if isContent {
		p.content = m
		if p.scenes[k] != nil {
			p.scenes[k] = shown
		}
	}
	return p.problems[k].bind(old, shown.Pix)
}

// SetMask replaces the masks of a term, in the order in which its loss uses them. The
// losses of this package use the masks of their targets first, then their own mask.
func (p *Prepared) SetMask(term string, masks ...*Mask) error {
	t, err := p.term(term)
	if err != nil {
		return err
	}
	if len(masks) != len(t.masks) {
		return errorf("term %q has %d masks, found %d", term, len(t.masks), len(masks))
	}
	for i, m := range masks {
		if m == nil {
			return errorf("term %q: mask %d is nil", term, i+1)
		}
		if err := m.Validate(); err != nil {
			return errorf("term %q: mask %d: %w", term, i+1, err)
		}
		if old := t.masks[i]; m.Width != old.Width || m.Height != old.Height {
			return errorf("term %q: mask %d of %d x %d in place of %d x %d: prepare another transfer",
				term, i+1, m.Width, m.Height, old.Width, old.Height)
		}
	}
	for _, problem := range p.problems {
		own := problem.term(term)
		for i, m := range masks {
			if err := problem.bind(own.masks[i], m.Weights); err != nil {
				return err
			}
		}
	}
	return nil
}

// SetInput replaces the values of an input that a term's loss made with Context.Input.
func (p *Prepared) SetInput(term, name string, values []float32) error {
	if _, err := p.term(term); err != nil {
		return err
	}
	for _, problem := range p.problems {
		if err := problem.bind(inputName{term, name}, values); err != nil {
			return errorf("term %q: input %q: %w", term, name, err)
		}
	}
	return nil
}

// term finds a term of the last stage by name.
func (p *Prepared) term(name string) (*boundTerm, error) {
	last := p.problems[len(p.problems)-1]
	if t := last.term(name); t != nil {
		return t, nil
	}
	var known []string
	for _, t := range last.terms {
		known = append(known, t.name)
	}
	return nil, errorf("no term is named %q%s", name, suggestion(name, known))
}

// Run runs the transfer from its start, as Transfer.Run does.
func (p *Prepared) Run(ctx context.Context, observers ...Observer) (*Result, error) {
	defer kernel.Use()()
	t := p.transfer
	if t.Start == nil && p.content != nil {
		t.Start = FromImage(p.content)
	}
	r, err := t.ready(nil)
	if err != nil {
		return nil, err
	}
	r.prepared = p
	for _, problem := range p.problems {
		r.result.MapBytes += problem.Bytes()
	}
	if err := r.bind(ctx); err != nil {
		return nil, err
	}
	return r.run(ctx, observers)
}

// lent is an evaluator that stays open after the run.
type lent struct{ evaluator }

func (lent) Close() {}

// Close releases the memory. The transfer cannot run again.
func (p *Prepared) Close() {
	for _, problem := range p.problems {
		problem.Close()
	}
}

// errUnbound is returned if no input has the name.
var errUnbound = errors.New("nothing of that name is read: make it with Context.Input and use it in the loss")
