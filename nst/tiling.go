package nst

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/graph"
)

// tiling reads images in tiles: it has the programs of the tiles, and what they read besides
// the image.
type tiling struct {
	network *Network
	device  cpu.Device
	layers  []string
	tile    int
	// See reach: of the sums.
	align, halo, grid int
	features          map[*Image][][][]float32 // of targets of distances: by tile and sum
	masks             map[maskAt][]float32     // of masks at layers, for all positions
	shared            graph.Shared             // memory of the tiles' programs
	programs          map[tileTask]*tileProgram
}

// newTiling prepares the network for tiles of about tile pixels on each side.
func newTiling(ctx context.Context, net *Network, sums *tileSums, tile int, d cpu.Device) (*tiling, error) {
	layers := sums.layers()
	if net.circular() {
		return nil, errorf("%w: a network with circular padding", ErrTiles)
	}
	if err := net.prepareFilters(ctx, d, layers...); err != nil {
		return nil, err
	}
	align, halo, grid := reach(net.table, layers)
	beyond := sight(net.table, layers)
	for _, s := range sums.all { // halved and shifted maps reach further
		l, err := net.layer(s.layer)
		if err != nil {
			return nil, err
		}
		r := net.table.Reduction(l) << s.pooled
		align, halo = max(align, r), max(halo, beyond[l.Name]+max(s.dy, s.dx, -s.dx)*r)
	}
	halo = (halo + align - 1) / align * align
	return &tiling{network: net, device: d, layers: layers, tile: max(tile/align, 1) * align, align: align, halo: halo, grid: grid,
		features: map[*Image][][][]float32{}, masks: map[maskAt][]float32{}, programs: map[tileTask]*tileProgram{}}, nil
}

// patch is a tile of an image.
type patch struct {
	down, across cut
	index        int
}

// patches lists the tiles of an image, those of one shape after the other.
func (t *tiling) patches(width, height int) []patch {
	var all []patch
	for _, down := range cuts(height, t.tile, t.align, t.halo, t.grid) {
		for _, across := range cuts(width, t.tile, t.align, t.halo, t.grid) {
			all = append(all, patch{down, across, len(all)})
		}
	}
	order := func(a, b cut) int {
		last := 0
		if a.last != b.last {
			last = map[bool]int{true: 1, false: -1}[a.last]
		}
		return cmp.Or(a.patch.to-b.patch.to, a.core.from-b.core.from, a.core.to-b.core.to, last)
	}
	slices.SortStableFunc(all, func(a, b patch) int {
		return cmp.Or(order(a.down.shape(), b.down.shape()), order(a.across.shape(), b.across.shape()))
	})
	return all
}

// largest returns the tile of an image with the most pixels.
func (t *tiling) largest(width, height int) (largest patch) {
	for _, p := range t.patches(width, height) {
		if p.pixels() > largest.pixels() {
			largest = p
		}
	}
	return largest
}

// pixels returns the number of pixels that the tile evaluates.
func (p patch) pixels() int {
	return (p.down.patch.to - p.down.patch.from) * (p.across.patch.to - p.across.patch.from)
}

// each runs the program of every tile of an image. fill writes the gradients with respect to
// the sums, if not nil; done reads the outputs.
func (t *tiling) each(ctx context.Context, pix []float32, width, height int, kind tileKind, image *Image, sums []*tileSum, fill func(q *tileProgram), done func(q *tileProgram, p patch)) error {
	for _, p := range t.patches(width, height) {
		q, err := t.tileOf(tileTask{p.down.shape(), p.across.shape(), image, kind}, sums)
		if err != nil {
			return err
		}
		if err := q.Hold(); err != nil {
			return err
		}
		t.fill(q, p, pix, width, height)
		if fill != nil {
			fill(q)
		}
		if err := q.Run(ctx); err != nil {
			return err
		}
		done(q, p)
	}
	return nil
}

// add computes the sums over the tiles of an image.
func (t *tiling) add(ctx context.Context, pix []float32, width, height int, sums []*tileSum) error {
	for _, s := range sums {
		clear(s.value)
	}
	if len(sums) == 0 {
		return nil
	}
	return t.each(ctx, pix, width, height, tileSumming, sums[0].image, sums, nil,
		func(q *tileProgram, p patch) {
			for i, s := range sums {
				share := s.share(q.shapes[i])
				for k, v := range q.Output(i) {
					s.value[k] += share * float64(v)
				}
			}
		})
}

// overPatch calls do with the index of each row of the patch, in it and in the image.
func overPatch(p patch, width, height int, do func(inside, whole, n int)) {
	n := p.across.patch.to - p.across.patch.from
	inside := 0
	for c := range 3 {
		for y := p.down.patch.from; y < p.down.patch.to; y++ {
			do(inside, (c*height+y)*width+p.across.patch.from, n)
			inside += n
		}
	}
}

// fill writes the pixels, the weights of masks and the maps of the targets into the program of a tile.
func (t *tiling) fill(q *tileProgram, p patch, pix []float32, width, height int) {
	overPatch(p, width, height, func(inside, whole, n int) { copy(q.Input(0)[inside:][:n], pix[whole:][:n]) })
	for _, f := range q.fills {
		to := q.Input(f.input)
		if f.with != nil {
			copy(to, t.features[f.with][p.index][f.index])
			continue
		}
		s := f.at.seen
		w := f.window.moved(p.down.patch.from/f.reduction, p.across.patch.from/f.reduction)
		rows, columns := w.rows, w.columns
		n := columns.to - columns.from
		for y := rows.from; y < rows.to; y++ {
			row := to[(y-rows.from)*n:][:n]
			copy(row, t.weightsOf(f.at)[y*s.W+columns.from:])
			if f.root {
				for i, v := range row {
					row[i] = float32(math.Sqrt(float64(v)))
				}
			}
		}
	}
}

// weightsOf returns the weights of a mask at all positions of a layer.
func (t *tiling) weightsOf(at maskAt) []float32 {
	if t.masks[at] == nil {
		t.masks[at] = make([]float32, at.seen.H*at.seen.W)
		cpu.MaskWeights(at.seen, t.masks[at], at.mask.Weights)
	}
	return t.masks[at]
}
