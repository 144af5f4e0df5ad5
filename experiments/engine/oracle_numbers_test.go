package engine_test

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	gopng "image/png"
	"math"
	"testing"
)

// The numbers that both sides of a golden test start from. They are the same as in
// nst's oracle: see nst/testdata/oracle/README.md.

// integers24 returns count numbers in 0 … 2^24-1: splitmix64 over a counter, seeded by
// the tensor's name.
func integers24(name string, count int) []float64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	state := h.Sum64()
	numbers := make([]float64, count)
	for i := range numbers {
		state += 0x9E3779B97F4A7C15
		z := state
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		numbers[i] = float64((z ^ z>>31) >> 40)
	}
	return numbers
}

// symmetric32 returns numbers that are uniform in [-a, a).
func symmetric32(name string, count int, a float64) []float32 {
	values := make([]float32, count)
	for i, v := range integers24(name, count) {
		values[i] = float32((v - 1<<23) / (1 << 23) * a)
	}
	return values
}

// goldenPicture is a synthetic picture: cells of 4x4 pixels, fine noise, a tint.
type goldenPicture struct {
	Name          string
	Width, Height int
}

// png returns the picture as a file with 8 bits per channel, so that the file loses no
// information.
func (g goldenPicture) png(t *testing.T) string {
	t.Helper()
	h, w := g.Height, g.Width
	cellRows, cellColumns := (h+3)/4, (w+3)/4
	tint := integers24(g.Name+"/tint", 3)
	fine := integers24(g.Name+"/fine", 3*h*w)
	coarse := integers24(g.Name+"/coarse", 3*cellRows*cellColumns)
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			var level [3]uint8
			for c := range level {
				a, b := coarse[(c*cellRows+y/4)*cellColumns+x/4], fine[(c*h+y)*w+x]
				v := float32((3*a + b) * (2 + 2*math.Floor(tint[c]/(1<<21))) / (1 << 30))
				level[c] = uint8(float64(v)*255 + 0.5)
			}
			m.SetNRGBA(x, y, color.NRGBA{level[0], level[1], level[2], 255})
		}
	}
	var b bytes.Buffer
	if err := gopng.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// narrowVGG returns the weights of a VGG with a sixteenth of its channels: uniform, with
// He's variance. Its value is the network's name; empty: vgg19.
type narrowVGG string

const narrow = 1.0 / 16

func (v narrowVGG) Convolution(layer string) (weight, bias []float32, err error) {
	var block, index int
	if _, err := fmt.Sscanf(layer, "conv%d_%d", &block, &index); err != nil {
		return nil, nil, fmt.Errorf("layer %q: %w", layer, err)
	}
	channels := []int{3, 4, 8, 16, 32, 32}
	in, out := channels[block], channels[block]
	if index == 1 {
		in = channels[block-1]
	}
	name := cmp.Or(string(v), "vgg19") + "/" + layer
	return symmetric32(name+"/weight", out*in*9, math.Sqrt(6/float64(in*9))), symmetric32(name+"/bias", out, 0.5), nil
}
