package engine

import (
	"context"
	"fmt"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/nst"
)

// tileSides are the tiles that are tried, in pixels, from the fastest.
var tileSides = []int{1024, 768, 512, 384, 256, 128}

// A run holds, besides maps and the optimiser's vectors, this many vectors of the
// picture's size: the image, its copies before the step and at the last good step, the
// pixels, two gradients, a picture for observers, the content and the style picture, and
// one while pictures are loaded.
const otherVectors = 10

// fixedBytes is what a run holds whatever its size: the program, and the filters.
const fixedBytes = 200 << 20

// fit chooses the largest tiles with which a run stays within its bound of memory; none if
// the whole picture does.
func fit(ctx context.Context, t *nst.Transfer, c *config.Config) error {
	bound, ok := c.Run.Memory.Bound()
	if !ok {
		return nil
	}
	vector := int64(4 * 3 * t.Width * t.Height)
	vectors := int64(otherVectors + c.Optimizer.Options.Vectors(c.Steps()))
	if c.Run.Average > 0 {
		vectors++
	}
	rest := fixedBytes + vectors*vector
	var maps int64
	for _, side := range append([]int{0}, tileSides...) {
		if side > max(t.Width, t.Height) {
			continue
		}
		t.Tile = side
		var err error
		if maps, err = t.MapBytes(ctx); err != nil {
			return err
		}
		if rest+maps <= bound {
			return nil
		}
	}
	mb := func(n int64) int64 { return n >> 20 }
	return fmt.Errorf("run.memory = %q is too little for %d x %d pixels: %d MB are needed in the smallest tiles, of which %d MB for maps and %d MB for the picture and the optimiser's %d vectors: raise it, or choose a smaller images.size, or an optimiser with fewer vectors",
		string(c.Run.Memory), t.Width, t.Height, mb(rest+maps), mb(maps), mb(vectors*vector), c.Optimizer.Options.Vectors(c.Steps()))
}
