package nst

import (
	"context"
	"errors"
	"maps"
	"math"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
)

// gradients evaluates an objective over the whole image and over tiles.
func gradients(t *testing.T, net *Network, o Objective, m *Image, tile int) (whole, tiles []float32, values, tiledValues []float64) {
	t.Helper()
	d := (&Transfer{Threads: 2}).device()
	evaluate := func(e evaluator, err error) ([]float32, []float64) {
		t.Helper()
		if err == nil {
			defer e.Close()
			err = e.prepare(context.Background())
		}
		if err != nil {
			t.Fatal(err)
		}
		g := make([]float32, len(m.Pix))
		var v []float64
		for range 2 { // the second one reuses everything
			if v, _, err = e.evaluate(context.Background(), m.Pix, g); err != nil {
				t.Fatal(err)
			}
		}
		return g, v
	}
	p, err := o.bind(context.Background(), net, m.Width, m.Height, d, resized{})
	whole, values = evaluate(p, err)
	q, err := o.bindTiles(context.Background(), net, m.Width, m.Height, tile, d, resized{})
	tiles, tiledValues = evaluate(q, err)
	return whole, tiles, values, tiledValues
}

// distanceTo returns the length of a-b in units of the length of b.
func distanceTo(a, b []float32) float64 {
	d, n := 0.0, 0.0
	for i := range a {
		d += (float64(a[i]) - float64(b[i])) * (float64(a[i]) - float64(b[i]))
		n += float64(b[i]) * float64(b[i])
	}
	return math.Sqrt(d / n)
}

// The cores of cuts divide the side, at positions of the deepest layer, and patches begin
// on the grid if tiles are as large as it.
func TestCuts(t *testing.T) {
	const align, grid = 16, 64
	for n := 1; n < 700; n += 13 {
		for size := align; size <= 256; size += align {
			for halo := 0; halo <= 96; halo += align {
				at := 0
				for _, c := range cuts(n, size, align, halo, grid) {
					if c.core.from != at || c.core.to <= at || at%align != 0 || c.core.to-at >= size+align || c.last != (c.core.to == n) ||
						c.patch.from != max(0, at-halo) || c.patch.to != min(n, c.core.to+halo) || size >= grid && c.patch.from%grid != 0 {
						t.Fatalf("%d pixels in tiles of %d with a halo of %d: %+v", n, size, halo, c)
					}
					at = c.core.to
				}
				if at != n {
					t.Fatalf("%d pixels in tiles of %d with a halo of %d end at %d", n, size, halo, at)
				}
			}
		}
	}
}

// The values and the gradient in tiles are those of the whole image, to rounding, for any
// size and tile, at the borders and at the seams.
func TestTilesAreTheWhole(t *testing.T) {
	vgg := func(o Options) func() (*Network, []string) {
		o.Width = 1. / 16
		return func() (*Network, []string) {
			return open(t, "vgg19", o), []string{"relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"}
		}
	}
	for name, make := range map[string]func() (*Network, []string){
		"vgg19":          vgg(Options{}),
		"vgg19, average": vgg(Options{Pooling: Average, Padding: Replicate}),
		"pyramid": func() (*Network, []string) {
			return open(t, "pyramid", Options{Filters: 8, Levels: 4}), []string{"scale1", "scale2", "scale3", "scale4"}
		},
		"oriented": func() (*Network, []string) {
			return open(t, "oriented", Options{Levels: 3}), []string{"image", "energy1", "down2", "second2"}
		},
	} {
		net, layers := make()
		for _, size := range [][2]int{{96, 64}, {113, 79}, {67, 50}} {
			if name == "oriented" && size[0] != 113 {
				continue // one size will do for what is particular to it
			}
			content, style, m := wave(size[0], size[1], 7), wave(90, 71, 11), wave(size[0], size[1], 5)
			o := Objective{
				{Name: "content", Weight: 1, Loss: Content{Target: content, Layers: Layers(layers[2], layers[3])}},
				{Name: "relative", Weight: 2, Loss: Content{Target: content, Layers: Layers(layers[3]), Reduce: Relative}},
				{Name: "gram", Weight: 3, Loss: Gram{Targets: []Target{{style, nil, 1}, {content, nil, 2}}, Layers: Layers(layers...), Normalize: ByPositions, Reduce: Relative}},
				{Name: "covariance", Weight: 4, Loss: Covariance{Target: style, Layers: Layers(layers[1], layers[3])}},
				{Name: "correlation", Weight: 5, Loss: Correlation{Target: style, Layers: Layers(layers[1])}},
				{Name: "moments", Weight: 6, Loss: MeanVariance{Target: style, Layers: Layers(layers[0], layers[2])}},
				{Name: "smooth", Weight: 7, Loss: Variation{Reduce: Mean}},
			}
			for _, tile := range []int{16, 32, 48, 1000} {
				whole, tiles, values, tiled := gradients(t, net, o, m, tile)
				if d := distanceTo(tiles, whole); !(d < 1e-5) {
					t.Errorf("%s, %v in tiles of %d: the gradient differs by %.2g", name, size, tile, d)
				}
				for i, v := range values {
					if math.Abs(tiled[i]-v) > 2e-4*math.Abs(v)+1e-9 { // values near 0 are differences of large ones
						t.Errorf("%s, %v in tiles of %d: part %d is %v, want %v", name, size, tile, i, tiled[i], v)
					}
				}
			}
		}
	}
}

// Each shape of tile has one program, which every evaluation uses again, and all of them use
// the same memory in turn.
func TestTileProgramsAreKept(t *testing.T) {
	net := open(t, "vgg19", Options{Width: 1. / 16})
	m := wave(96, 80, 5)
	o := Objective{
		{Name: "content", Weight: 1, Loss: Content{Target: wave(96, 80, 7), Layers: Layers("relu2_1")}},
		{Name: "gram", Weight: 3, Loss: Gram{Target: wave(50, 60, 3), Layers: Layers("relu1_1", "relu2_1")}},
	}
	q, err := o.bindTiles(context.Background(), net, m.Width, m.Height, 16, (&Transfer{}).device(), resized{})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.prepare(context.Background()); err != nil {
		t.Fatal(err)
	}
	var first map[tileTask]*tileProgram
	for range 2 {
		if _, _, err := q.evaluate(context.Background(), m.Pix, make([]float32, len(m.Pix))); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = maps.Clone(q.programs)
		}
	}
	if len(first) < 18 || !maps.Equal(first, q.programs) {
		t.Errorf("%d programs after one evaluation, %d after two: want the same, two for each of nine shapes at least", len(first), len(q.programs))
	}
}

// What does not add up is refused with the names of the term and of what it reads.
func TestTilesRefuse(t *testing.T) {
	m := wave(64, 48, 7)
	for want, loss := range map[string]Loss{
		"the maps of layer relu2_1": LossFunc{Layers: []string{"relu2_1"}, Func: func(c *Context) (*gorgonia.Node, error) {
			return c.SquaredNorm(c.Feature("relu2_1").Maps()), nil
		}},
	} {
		tr := &Transfer{Network: open(t, "vgg19", Options{Width: 1. / 16}), Steps: 1, Start: FromImage(m), Width: 64, Height: 48, Tile: 32,
			Objective: Objective{{Name: "own", Weight: 1, Loss: loss}}}
		_, err := tr.Run(context.Background())
		if !errors.Is(err, ErrTiles) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `"own"`) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
