package nst

import (
	"context"
	"maps"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst/internal/cpu"
	"github.com/gonst/workbench/nst/internal/graph"
	"github.com/gonst/workbench/nst/internal/vec"
)

// tiled evaluates an objective in tiles, so that the memory of feature maps does not grow
// with the image. A first pass computes what the losses read: sums over all positions. A
// small program computes the losses and their gradient with respect to the sums. A second
// pass computes the gradient with respect to the image, tile by tile.
//
// Each tile is evaluated with the pixels around it that its layers read, so that the
// gradient is that of the whole image, except for the order of additions.
type tiled struct {
	*tiling
	problem            // of the losses: its image has all pixels
	sums     *tileSums // inputs of the program after its own
	first    int       // input of the first sum
	width    int
	height   int
	targets  resized
	shown    map[*Image]*Image
	gradient int // output of the first sum's gradient
	image    int // output of the image's gradient; -1: none
	bytes    int64
}

var _ evaluator = (*tiled)(nil)

// bindTiles builds the losses for tiles of about tile pixels on each side.
func (o Objective) bindTiles(ctx context.Context, net *Network, width, height, tile int, d cpu.Device, targets resized) (*tiled, error) {
	b, err := o.buildWith(net, width, height, targets, &tileSums{})
	if err != nil {
		return nil, err
	}
	return b.inTiles(ctx, net, width, height, tile, d, targets)
}

// inTiles compiles losses that were built for tiles.
func (b *bound) inTiles(ctx context.Context, net *Network, width, height, tile int, d cpu.Device, targets resized) (*tiled, error) {
	sums := b.tiles.readBy(b.total)
	tiles, err := newTiling(ctx, net, sums, tile, d)
	if err != nil {
		return nil, err
	}
	t := &tiled{tiling: tiles, sums: sums, width: width, height: height, targets: targets, shown: map[*Image]*Image{}}
	t.terms, t.parts = b.terms, len(b.nodes)
	if err := t.compile(b); err != nil {
		return nil, err
	}
	if err := t.measure(); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// compile compiles the program of the losses.
func (t *tiled) compile(b *bound) error {
	graph.Building.Lock()
	defer graph.Building.Unlock()
	inputs := b.inputs[:1:1]
	var values []boundValue
	for i, v := range b.values {
		if m, ok := v.key.(*Image); ok {
			t.shown[m] = &Image{Pix: v.data}
			continue
		}
		inputs, values = append(inputs, b.inputs[1+i]), append(values, v)
	}
	t.first = len(inputs)
	var wrt gorgonia.Nodes
	for _, s := range t.sums.all {
		inputs = append(inputs, graph.Input{Node: s.leaf, Rate: graph.PerEvaluation})
		if s.image == nil {
			wrt = append(wrt, s.leaf)
		}
	}
	outputs := slices.Clone(b.nodes)
	t.gradient, t.image = len(outputs), -1
	if t.sums.pixels {
		wrt = append(wrt, b.image)
		t.image = t.gradient + len(wrt) - 1
	}
	gradients, err := differentiateBy(b.total, wrt...)
	if err != nil {
		return err
	}
	if t.program, err = graph.Compile(graph.Options{Device: t.device}, inputs, append(outputs, gradients...)...); err != nil {
		return err
	}
	for i, v := range values {
		t.keys = append(t.keys, v.key)
		if err := t.program.Bind(1+i, v.data); err != nil {
			return err
		}
	}
	for m, shown := range t.shown {
		resized, err := t.targets.image(m)
		if err != nil {
			return err
		}
		shown.Width, shown.Height = resized.Width, resized.Height
	}
	return nil
}

// of returns the sums that are read of an image.
func (t *tiled) of(m *Image) []*tileSum {
	var all []*tileSum
	for _, s := range t.sums.all {
		if s.image == m {
			all = append(all, s)
		}
	}
	return all
}

// measure computes the memory of the largest tile.
func (t *tiled) measure() error {
	if len(t.of(nil)) == 0 {
		t.bytes = t.program.Bytes()
		return nil
	}
	largest := t.largest(t.width, t.height)
	p, err := t.tileOf(tileTask{largest.down.shape(), largest.across.shape(), nil, tilePull}, t.of(nil))
	if err != nil {
		return err
	}
	t.bytes = p.Bytes() + t.program.Bytes()
	for _, s := range t.sums.all {
		t.bytes += 8 * int64(len(s.value))
	}
	for _, s := range t.of(nil) {
		if s.kind == distanceSum {
			t.bytes += 4 * int64(s.of.Len())
		}
	}
	for _, at := range t.masksOf(nil) {
		t.bytes += 4 * int64(at.seen.H) * int64(at.seen.W)
	}
	return nil
}

// work returns the work of an evaluation in units of one of the whole image. Of that, a
// forward pass is half; in tiles there are two, over pixels of which some are in several tiles.
func (t *tiled) work() float64 {
	pixels := 0
	for _, p := range t.patches(t.width, t.height) {
		pixels += p.pixels()
	}
	return 1.5 * float64(pixels) / (float64(t.width) * float64(t.height))
}

func (t *tiled) Bytes() int64 { return t.bytes }

func (t *tiled) Close() {
	t.shared.Close()
	t.problem.Close()
}

// prepare computes what the losses read of the targets.
func (t *tiled) prepare(ctx context.Context) error {
	for m, shown := range t.shown {
		var maps []*tileSum
		for _, s := range t.of(nil) {
			if s.with == m {
				maps = append(maps, s)
			}
		}
		if len(maps) > 0 && t.features[m] == nil {
			kept := make([][][]float32, len(t.patches(t.width, t.height)))
			err := t.each(ctx, shown.Pix, t.width, t.height, tileMaps, m, maps, nil, func(q *tileProgram, p patch) {
				for i := range maps {
					kept[p.index] = append(kept[p.index], slices.Clone(q.Output(i)))
				}
			})
			if err != nil {
				return err
			}
			t.features[m] = kept
		}
		if sums := t.of(m); len(sums) > 0 {
			if err := t.add(ctx, shown.Pix, shown.Width, shown.Height, sums); err != nil {
				return err
			}
			t.write(m)
		}
	}
	used := t.masksOf(nil)
	maps.DeleteFunc(t.masks, func(at maskAt, _ []float32) bool { return !slices.Contains(used, at) })
	return nil
}

// masksOf returns the masks that the sums of an image read, each as a layer sees it.
func (t *tiled) masksOf(m *Image) []maskAt {
	var all []maskAt
	for _, s := range t.of(m) {
		for _, at := range append(s.regions[:len(s.regions):len(s.regions)], s.seen, s.otherSeen) {
			if at.mask != nil && !slices.Contains(all, at) {
				all = append(all, at)
			}
		}
	}
	return all
}

// write writes the sums of an image into the program of the losses.
func (t *tiled) write(m *Image) {
	for i, s := range t.sums.all {
		if s.image == m {
			for k, v := range s.value {
				t.program.Input(t.first + i)[k] = float32(v)
			}
		}
	}
}

func (t *tiled) evaluate(ctx context.Context, x, gradient []float32) ([]float64, float64, error) {
	sums := t.of(nil)
	if err := t.add(ctx, x, t.width, t.height, sums); err != nil {
		return nil, 0, err
	}
	t.write(nil)
	copy(t.program.Input(0), x)
	if err := t.program.Run(ctx); err != nil {
		return nil, 0, err
	}
	values, total, err := t.values()
	if err != nil {
		return nil, 0, err
	}
	clear(gradient)
	if t.image >= 0 {
		copy(gradient, t.program.Output(t.image))
	}
	if len(sums) == 0 {
		return values, total, nil
	}
	err = t.each(ctx, x, t.width, t.height, tilePull, nil, sums,
		func(q *tileProgram) {
			for i, s := range sums {
				share := float32(s.share(q.shapes[i]))
				for k, v := range t.program.Output(t.gradient + i) {
					q.Input(q.dots + i)[k] = share * v
				}
			}
		},
		func(q *tileProgram, p patch) {
			g := q.Output(0)
			overPatch(p, t.width, t.height, func(inside, whole, n int) {
				for i, v := range g[inside:][:n] {
					gradient[whole+i] += v
				}
			})
		})
	if err != nil {
		return nil, 0, err
	}
	if i := vec.NotFinite(gradient); i >= 0 {
		return nil, 0, &NotFiniteError{Term: "gradient", Value: float64(gradient[i])}
	}
	return values, total, nil
}
