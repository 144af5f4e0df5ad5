package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// tileSides are the tiles that are tried, in pixels, from the fastest.
var tileSides = []int{1024, 768, 512, 384, 256, 128}

// A run holds, besides maps and the optimiser's vectors, this many vectors of the
// picture's size: the image, its copies before the step and at the last good step, the
// pixels, two gradients, a picture for observers, the content and the style picture, and
// one while pictures are loaded.
const otherVectors = 10

// searchVectors are further ones of L-BFGS with a line search: the last start and direction,
// the next direction, the trial, and four gradients.
const searchVectors = 8

// Way is a way to evaluate the losses of a run.
type Way struct {
	Memory nst.Memory
	Tile   int     // pixels of a side; 0: the whole picture
	Bytes  int64   // of the run, at the peak
	Work   float64 // of an evaluation, in units of one of the whole picture
	// Refused says why the losses cannot be evaluated in this way; nil: they can.
	Refused error
}

// vectors returns the number of vectors of the picture's size that a run holds.
func vectors(c *config.Config) int64 {
	o := c.Optimizer.Options
	n := int64(otherVectors + o.Vectors(c.Steps()))
	if o.Searches() {
		n += searchVectors
	}
	if c.Run.Average > 0 {
		n++
	}
	return n
}

// way measures a way. It computes nothing of the picture.
func (n *needs) way(ctx context.Context, memory nst.Memory, tile int) (Way, error) {
	t := *n.transfer
	t.Memory, t.Tile = memory, tile
	f, err := t.Footprint(ctx)
	if err != nil {
		return Way{}, err
	}
	bytes, err := n.bytes(&t, f.Bytes)
	return Way{Memory: memory, Tile: tile, Bytes: bytes, Work: f.Work}, err
}

// Ways returns the ways to evaluate the losses of a run, from the fastest to the one with
// the least memory: the whole picture by default and with low memory, and tiles, or one way in
// tiles that is refused. It computes nothing of the picture.
func Ways(ctx context.Context, c *config.Config, threads int) ([]Way, error) {
	free := c.Clone()
	free.Run.Memory = config.Memory(nst.KeepMaps)
	t, pictures, err := Assemble(ctx, free, threads, nil)
	if err != nil {
		return nil, err
	}
	n, err := needsOf(ctx, c, t, pictures)
	if err != nil {
		return nil, err
	}
	var all []Way
	add := func(memory nst.Memory, tile int) error {
		w, err := n.way(ctx, memory, tile)
		if err == nil {
			all = append(all, w)
		}
		return err
	}
	for _, memory := range []nst.Memory{nst.KeepMaps, nst.LowMemory} {
		if err := add(memory, 0); err != nil {
			return nil, err
		}
	}
	for _, side := range tileSides {
		if side >= max(t.Width, t.Height) {
			continue
		}
		if err := add(nst.LowMemory, side); errors.Is(err, nst.ErrTiles) {
			all = append(all, Way{Memory: nst.LowMemory, Tile: side, Refused: err})
			break
		} else if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// fit chooses the largest tiles with which a run stays within its bound of memory; none if
// the whole picture does.
func fit(ctx context.Context, t *nst.Transfer, c *config.Config, p *config.Pictures) error {
	bound, ok := c.Run.Memory.Bound()
	if !ok {
		return nil
	}
	n, err := needsOf(ctx, c, t, p)
	if err != nil {
		return err
	}
	mb := func(n int64) int64 { return n >> 20 }
	var w, whole Way
	for i, side := range append([]int{0}, tileSides...) {
		if side >= max(t.Width, t.Height) {
			continue
		}
		if w, err = n.way(ctx, t.Memory, side); errors.Is(err, nst.ErrTiles) {
			return prefix.Errorf("", "run.memory = %q is too little for %d x %d pixels: the whole picture needs %d MB (%w): raise it, or choose a smaller images.size",
				string(c.Run.Memory), t.Width, t.Height, mb(whole.Bytes), err)
		} else if err != nil {
			return err
		}
		if i == 0 {
			whole = w
		}
		if w.Bytes <= bound {
			t.Tile = side
			return nil
		}
	}
	held := 12 * vectors(c) * int64(t.Width) * int64(t.Height)
	return fmt.Errorf("run.memory = %q is too little for %d x %d pixels: %d MB are needed in the smallest tiles, of which %d MB for the picture and the optimiser's %d vectors, and %d MB for maps, filters and the program: raise it, or choose a smaller images.size, or an optimiser with fewer vectors",
		string(c.Run.Memory), t.Width, t.Height, mb(w.Bytes), mb(held), c.Optimizer.Options.Vectors(c.Steps()), mb(w.Bytes-held))
}
