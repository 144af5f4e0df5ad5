package nst

import (
	"context"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/gonst/workbench/nst/internal/topology"
	"github.com/gonst/workbench/weights"
)

// With trained weights the gradient in tiles is that of the whole image to 1e-5, except at
// pixels that a flip reaches: a value next to zero that has another sign in a tile, so that a
// ReLU lets another gradient through. One flip among the millions of values of the
// first layers can move the gradient by 1e-4; with each pixel moved by one unit in its
// last place, the whole image flips hundreds. NST_TILES_SIZE sets the size of the picture;
// docs/large.md has the figures for 768.
func TestTilesRoundLikeTheWhole(t *testing.T) {
	file, size := os.Getenv("NST_VGG19"), 160
	if file == "" || testing.Short() {
		t.Skip("NST_VGG19 names no file with VGG-19's convolutions, or -short")
	}
	if s := os.Getenv("NST_TILES_SIZE"); s != "" {
		size, _ = strconv.Atoi(s)
	}
	w, err := weights.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	caffe := Caffe()
	net := open(t, "vgg19", Options{Weights: w, Preprocess: &caffe, Pooling: Average})
	load := func(name string) *Image {
		m, err := Load("../configs/pictures/"+name, size)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m, content, style := load("harbour.png"), load("town.png"), load("swirls.png")
	if content, err = content.Resize(m.Width, m.Height, CatmullRom); err != nil {
		t.Fatal(err)
	}
	o := Objective{
		{Name: "content", Weight: 1, Loss: Content{Target: content, Layers: Layers("relu4_2"), Reduce: Relative}},
		{Name: "gram", Weight: 10, Loss: Gram{Target: style, Reduce: Relative, Normalize: ByPositions, Layers: Layers("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")}},
	}
	d := (&Transfer{Threads: 2}).device()
	at := func(e evaluator, err error) func(x []float32) []float32 {
		if err == nil {
			err = e.prepare(context.Background())
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		return func(x []float32) []float32 {
			g := make([]float32, len(x))
			if _, _, err := e.evaluate(context.Background(), x, g); err != nil {
				t.Fatal(err)
			}
			return g
		}
	}
	p, err := o.bind(context.Background(), net, m.Width, m.Height, d, resized{})
	whole := at(p, err)
	q, err := o.bindTiles(context.Background(), net, m.Width, m.Height, size/2, d, resized{})
	tiles := at(q, err)
	moved := make([]float32, len(m.Pix))
	for i, v := range m.Pix {
		moved[i] = math.Nextafter32(v, float32(i%2))
	}
	g := whole(m.Pix)
	inTiles, itself := distanceTo(tiles(m.Pix), g), distanceTo(whole(moved), g)
	t.Logf("%d x %d: in tiles %.2g, the whole against itself %.2g", m.Width, m.Height, inTiles, itself)
	if inTiles < 1e-5 && os.Getenv("NST_TILES_SIZE") == "" { // the rest takes longer
		return
	}
	flips, reached := flipsOf(t, q, m)
	kept, of := []float32{}, []float32{}
	for i, v := range tiles(m.Pix) {
		if !reached[i%(m.Width*m.Height)] {
			kept, of = append(kept, v), append(of, g[i])
		}
	}
	t.Logf("%d flips; without the pixels that they reach, %.2g of all, %.2g", flips, 1-float64(len(kept))/float64(len(g)), distanceTo(kept, of))
	if flips == 0 && !(inTiles < 1e-5) || len(kept) > 0 && !(distanceTo(kept, of) < 1e-5) {
		t.Errorf("%d flips and a difference of %.2g, of %.2g without them", flips, inTiles, distanceTo(kept, of))
	}
	if !(inTiles < 3*itself) || !(inTiles < 1e-3) {
		t.Errorf("the gradient in tiles differs by %.2g, that of the whole from itself by %.2g", inTiles, itself)
	}
}

// flipsOf counts the values behind a ReLU that are zero either in a tile or in the maps of
// the whole image, where a tile needs them, and marks the pixels that they see.
func flipsOf(t *testing.T, q *tiled, m *Image) (flips int, reached []bool) {
	reached = make([]bool, m.Width*m.Height)
	_, halo, _ := reach(q.network.table, q.layers)
	beyond := sight(q.network.table, q.layers)
	for _, l := range q.network.table.Path(q.layers...) {
		if l.Kind != topology.ReLU {
			continue
		}
		e, err := q.network.Extractor(l.Name)
		if err != nil {
			t.Fatal(err)
		}
		all, err := e.Extract(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		whole, r := all[0][l.Name], q.network.table.Reduction(l)
		wider := (halo - beyond[l.Name]) / r * r
		widen := func(c cut, n int) cut {
			c.core = span{max(c.patch.from, c.core.from-wider), min(c.patch.to, c.core.to+wider)}
			c.last = c.core.to == n
			return c
		}
		sum := []*tileSum{{sumOf: sumOf{layer: l.Name}}}
		for _, p := range q.patches(m.Width, m.Height) {
			down, across := widen(p.down, m.Height), widen(p.across, m.Width)
			program, err := q.compileTile(tileTask{down.shape(), across.shape(), nil, tileMaps}, sum)
			if err == nil {
				err = program.Hold()
			}
			if err != nil {
				t.Fatal(err)
			}
			overPatch(p, m.Width, m.Height, func(inside, whole, n int) { copy(program.Input(0)[inside:][:n], m.Pix[whole:][:n]) })
			if err := program.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			s := program.shapes[0]
			for c := range s.C {
				for y := range s.H {
					for x := range s.W {
						atY, atX := down.core.from/r+y, across.core.from/r+x
						if (program.Output(0)[s.Index(c, y, x)] > 0) == (whole.Data[(c*whole.Height+atY)*whole.Width+atX] > 0) {
							continue
						}
						flips++
						for v := max(0, atY*r-beyond[l.Name]); v < min(m.Height, (atY+1)*r+beyond[l.Name]); v++ {
							for u := max(0, atX*r-beyond[l.Name]); u < min(m.Width, (atX+1)*r+beyond[l.Name]); u++ {
								reached[v*m.Width+u] = true
							}
						}
					}
				}
			}
		}
		e.Release()
	}
	return flips, reached
}
