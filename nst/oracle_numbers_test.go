package nst

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"strings"
)

// The numbers that both sides start from: weights and images by a
// counter-based generator, so that none need to be stored. Its twin is
// testdata/oracle/reference.py; testdata/oracle/README.md describes it.

// integers24 are count numbers in 0 … 2^24-1: splitmix64 over a counter, seeded
// by the tensor's name.
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

// symmetric32 is uniform in [-a, a).
func symmetric32(name string, count int, a float64) []float32 {
	values := make([]float32, count)
	for i, v := range integers24(name, count) {
		values[i] = float32((v - 1<<23) / (1 << 23) * a)
	}
	return values
}

// goldenImage describes a synthetic image: cells of 4x4 pixels, fine noise and a
// tint, or one colour where the name starts with flat.
type goldenImage struct {
	Name          string
	Height, Width int
}

func (g goldenImage) image() *Image {
	m := NewImage(g.Width, g.Height)
	h, w := g.Height, g.Width
	cellRows, cellColumns := (h+3)/4, (w+3)/4
	tint := integers24(g.Name+"/tint", 3)
	fine := integers24(g.Name+"/fine", 3*h*w)
	coarse := integers24(g.Name+"/coarse", 3*cellRows*cellColumns)
	for c := range 3 {
		t := 2 + 2*math.Floor(tint[c]/(1<<21))
		for y := range h {
			for x := range w {
				a, b := coarse[(c*cellRows+y/4)*cellColumns+x/4], fine[(c*h+y)*w+x]
				if strings.HasPrefix(g.Name, "flat") {
					a, b = 1<<22+12345, 1<<22+12345
				}
				m.Pix[(c*h+y)*w+x] = float32((3*a + b) * t / (1 << 30)) // exact until here
			}
		}
	}
	return m
}

// goldenNetwork describes a narrow network and its filters.
type goldenNetwork struct {
	Name        string
	Width       float64
	Pooling     Pooling
	PoolScale   float64 `json:"pool_scale"`
	Padding     Padding
	Preprocess  string
	Filters     string // dead or constant: what every third filter is
	Levels      int
	FilterCount int `json:"filter_count"`
	FilterSize  int `json:"filter_size"`
}

func (g goldenNetwork) open() (*Network, error) {
	o := Options{Pooling: g.Pooling, PoolScale: g.PoolScale, Padding: g.Padding, Width: g.Width,
		Levels: g.Levels, Filters: g.FilterCount, Size: g.FilterSize}
	switch g.Preprocess {
	case "torchvision":
		p := Torchvision()
		o.Preprocess = &p
	case "caffe":
		p := Caffe()
		o.Preprocess = &p
	}
	n, err := Open(g.Name, o)
	if err == nil && g.Name == "oriented" { // its filters are fixed, and fitted to two images
		a, b := goldenImage{"photo", 27, 35}, goldenImage{"painting", 41, 29}
		return n.Calibrated(context.Background(), 2, a.image(), b.image())
	}
	if err == nil {
		n.weights = g // Open refuses weights for a narrow network
	}
	return n, err
}

// Convolution makes a layer's filters: uniform, with He's variance.
func (g goldenNetwork) Convolution(layer string) (weight, bias []float32, err error) {
	var block, index int
	in, out, size := 3, g.FilterCount, g.FilterSize
	if g.Name == "pyramid" {
		layer = strings.TrimSuffix(layer, "_conv")
	} else {
		if _, err := fmt.Sscanf(layer, "conv%d_%d", &block, &index); err != nil {
			return nil, nil, fmt.Errorf("layer %q: %w", layer, err)
		}
		channels := []int{3, 64, 128, 256, 512, 512}
		narrow := func(b int) int { return int(math.Round(float64(channels[b]) * g.Width)) }
		out, size = narrow(block), 3
		switch {
		case index > 1:
			in = out
		case block > 1:
			in = narrow(block - 1)
		}
	}
	name := g.Name + "/" + layer
	per := in * size * size
	weight = symmetric32(name+"/weight", out*per, math.Sqrt(6/float64(per)))
	bias = symmetric32(name+"/bias", out, 0.5)
	for o := 1; o < out; o += 3 {
		switch g.Filters {
		case "dead":
			bias[o] = -1e5
		case "constant":
			clear(weight[o*per:][:per])
			bias[o] = 0.3
		}
	}
	return weight, bias, nil
}

// goldenFloats are float32 values, little-endian, in base64.
type goldenFloats []float32

func (f *goldenFloats) UnmarshalText(text []byte) error {
	data, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		return err
	}
	*f = make(goldenFloats, len(data)/4)
	for i := range *f {
		(*f)[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return nil
}
