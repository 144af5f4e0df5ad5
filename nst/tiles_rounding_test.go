package nst

import (
	"context"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/gonst/workbench/weights"
)

// With trained weights the gradient in tiles differs from that of the whole image no more
// than the latter differs from itself where every pixel moves by one unit in its last place:
// probably values next to zero change their sign, and a ReLU lets another gradient through.
// NST_TILES_SIZE sets the size of the picture; docs/large.md has the figures for 768.
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
	if !(inTiles < 3*itself) || !(inTiles < 1e-3) {
		t.Errorf("the gradient in tiles differs by %.2g, that of the whole from itself by %.2g", inTiles, itself)
	}
}
