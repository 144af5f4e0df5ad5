package nst

import (
	"cmp"
	"context"
	"slices"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/kernel"
)

// Comparison has sums over all maps and positions of a layer, F of one image and G of another.
type Comparison struct {
	Distance  float64 // sum (F-G)^2
	Product   float64 // sum F G
	Norm      float64 // sum F^2
	OtherNorm float64 // sum G^2
	Features  int     // maps times positions
}

// compareTile is the tile of Compare without ExtractorOptions.Tile.
const compareTile = 512

// Compare compares two images of one size at the extractor's layers in Maps. It reads them in
// tiles of about ExtractorOptions.Tile pixels, or 512, and holds the maps of one. The errors
// are those of Extract.
func (e *Extractor) Compare(ctx context.Context, a, b *Image) (map[string]Comparison, error) {
	for _, m := range []*Image{a, b} {
		if err := m.Validate(); err != nil {
			return nil, errorf("compare features: %w", err)
		}
	}
	if a.Width != b.Width || a.Height != b.Height {
		return nil, errorf("compare features: an image of %d x %d pixels with one of %d x %d: they must have one size", a.Width, a.Height, b.Width, b.Height)
	}
	var all map[string]Comparison
	err := e.alone(ctx, func() (err error) {
		all, err = e.compare(ctx, a, b)
		return err
	})
	return all, err
}

func (e *Extractor) compare(ctx context.Context, a, b *Image) (map[string]Comparison, error) {
	t, err := e.tilesOf(ctx, e.options.device(), cmp.Or(e.options.Tile, compareTile))
	if err != nil {
		return nil, err
	}
	all := map[string]Comparison{}
	sums := e.mapsInTiles()
	for _, p := range t.patches(a.Width, a.Height) {
		q, err := t.tileOf(tileTask{p.down.shape(), p.across.shape(), nil, tileMaps}, sums)
		if err == nil {
			err = q.Hold()
		}
		if err != nil {
			return nil, err
		}
		var kept [][]float32
		for k, m := range []*Image{a, b} {
			t.fill(q, p, m.Pix, m.Width, m.Height)
			if err := q.Run(ctx); err != nil {
				return nil, err
			}
			for i, s := range sums {
				if k == 0 {
					kept = append(kept, slices.Clone(q.Output(i)))
					continue
				}
				c := all[s.layer]
				c.add(kept[i], q.Output(i), q.shapes[i])
				all[s.layer] = c
			}
		}
	}
	return all, nil
}

// add adds the positions of two blocked maps.
func (c *Comparison) add(f, g []float32, s kernel.Shape) {
	for b := range s.Blocks() {
		lanes := min(kernel.Lanes, s.C-b*kernel.Lanes)
		for y := range s.H {
			at := s.Index(b*kernel.Lanes, y, 0)
			for range s.W {
				for i, v := range f[at:][:lanes] {
					x, y := float64(v), float64(g[at+i])
					c.Distance += float64((x - y) * (x - y))
					c.Product += float64(x * y)
					c.Norm += float64(x * x)
					c.OtherNorm += float64(y * y)
				}
				at += kernel.Lanes
			}
		}
	}
	c.Features += s.Plain()
}

// mapsInTiles and gramsInTiles are what the extractor reads in tiles.
func (e *Extractor) mapsInTiles() (all []*tileSum) {
	for _, name := range e.options.Maps {
		all = append(all, &tileSum{sumOf: sumOf{layer: name}})
	}
	return all
}

func (e *Extractor) gramsInTiles() (all []*tileSum, err error) {
	for _, name := range e.options.Grams {
		l, err := e.network.layer(name)
		if err != nil {
			return nil, err
		}
		all = append(all, &tileSum{sumOf: sumOf{layer: name, kind: gramSum}, value: make([]float64, l.Channels*l.Channels)})
	}
	return all, nil
}

// sumsInTiles are sums at all layers.
func (e *Extractor) sumsInTiles() *tileSums {
	all := &tileSums{}
	for _, name := range e.layers {
		all.all = append(all.all, &tileSum{sumOf: sumOf{layer: name}})
	}
	return all
}

// tilesOf returns the tiles of about tile pixels, with the programs that are compiled.
func (e *Extractor) tilesOf(ctx context.Context, d cpu.Device, tile int) (*tiling, error) {
	if e.tiles != nil && e.tiled == tile {
		return e.tiles, nil
	}
	e.close()
	t, err := newTiling(ctx, e.network, e.sumsInTiles(), tile, d)
	if err != nil {
		return nil, errorf("extract features: %w", err)
	}
	e.tiles, e.tiled = t, tile
	return t, nil
}

// extractInTiles extracts Gram matrices.
func (e *Extractor) extractInTiles(ctx context.Context, m *Image) (map[string]*FeatureMaps, error) {
	t, err := e.tilesOf(ctx, e.options.device(), e.options.Tile)
	if err != nil {
		return nil, err
	}
	sums, err := e.gramsInTiles()
	if err == nil {
		err = t.add(ctx, m.Pix, m.Width, m.Height, sums)
	}
	if err != nil {
		return nil, err
	}
	all := map[string]*FeatureMaps{}
	for _, name := range e.layers {
		l, _ := e.network.layer(name)
		h, w := e.network.table.Output(l, m.Height, m.Width)
		all[name] = &FeatureMaps{Layer: name, Channels: l.Channels, Height: h, Width: w}
	}
	for _, s := range sums {
		gram := make([]float32, len(s.value))
		for i, v := range s.value {
			gram[i] = float32(v)
		}
		all[s.layer].Gram = gram
	}
	return all, nil
}

// footprintInTiles returns what reading the largest tile takes, with the maps that Compare
// keeps of it.
func (e *Extractor) footprintInTiles(width, height int) (bytes int64, err error) {
	t, err := newTiling(context.Background(), e.network, e.sumsInTiles(), e.options.Tile, cpu.Device{Planning: true})
	if err != nil {
		return 0, err
	}
	p := t.largest(width, height)
	grams, err := e.gramsInTiles()
	if err != nil {
		return 0, err
	}
	for kind, sums := range map[tileKind][]*tileSum{tileSumming: grams, tileMaps: e.mapsInTiles()} {
		if len(sums) == 0 {
			continue
		}
		q, err := t.tileOf(tileTask{p.down.shape(), p.across.shape(), nil, kind}, sums)
		if err != nil {
			return 0, err
		}
		n := q.Bytes()
		for i := range sums {
			if kind == tileMaps {
				n += 4 * int64(q.shapes[i].Plain())
			}
		}
		bytes = max(bytes, n)
	}
	return bytes, nil
}
