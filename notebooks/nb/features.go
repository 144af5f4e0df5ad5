package nb

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"github.com/gonst/workbench/nst"
)

// FeatureMaps shows the maps of a layer that vary most over the image, at most count.
// Each is scaled from black (its minimum) to white (its maximum).
func FeatureMaps(f *nst.FeatureMaps, count int) Grid {
	g := Grid{Width: 128}
	if f == nil || len(f.Data) < f.Channels*f.Height*f.Width {
		return g
	}
	area := f.Height * f.Width
	type channel struct {
		index           int
		low, high, vary float64
	}
	channels := make([]channel, f.Channels)
	for c := range channels {
		k := channel{index: c, low: math.Inf(1), high: math.Inf(-1)}
		mean, square := 0.0, 0.0
		for _, v := range f.Data[c*area:][:area] {
			x := float64(v)
			k.low, k.high = math.Min(k.low, x), math.Max(k.high, x)
			mean += x / float64(area)
			square += x * x / float64(area)
		}
		k.vary = square - mean*mean
		channels[c] = k
	}
	slices.SortStableFunc(channels, func(a, b channel) int { return cmp.Compare(b.vary, a.vary) })
	channels = channels[:min(max(count, 0), len(channels))]
	slices.SortFunc(channels, func(a, b channel) int { return cmp.Compare(a.index, b.index) })
	for _, k := range channels {
		m := image.NewGray(image.Rect(0, 0, f.Width, f.Height))
		if k.high > k.low {
			for i, v := range f.Data[k.index*area:][:area] {
				m.Pix[i] = uint8(255*(float64(v)-k.low)/(k.high-k.low) + 0.5)
			}
		}
		g.Pictures = append(g.Pictures, Picture{
			Caption: fmt.Sprintf("%s map %d", f.Layer, k.index), raw: m,
			average: fmt.Sprintf(", %.3g to %.3g", k.low, k.high)})
	}
	return g
}

// GramMatrices shows the Gram matrices F F^T / M of layers' maps as heat maps with one
// scale, so that they can be compared: red if two maps respond at the same places, blue
// if they do so with opposite signs, white if they are unrelated. The colour is
// proportional to the root of the value, because the diagonal is much larger than the
// rest. Captions may be nil.
func GramMatrices(captions []string, fs ...*nst.FeatureMaps) Grid {
	g := Grid{Width: 256}
	var matrices [][]float64
	largest := 0.0
	for _, f := range fs {
		gram := Gram(f)
		matrices = append(matrices, gram)
		for _, v := range gram {
			largest = math.Max(largest, math.Abs(v))
		}
	}
	for i, f := range fs {
		n := f.Channels
		m := image.NewRGBA(image.Rect(0, 0, n, n))
		for k, v := range matrices[i] {
			m.SetRGBA(k%n, k/n, heat(v, largest))
		}
		caption := fmt.Sprintf("Gram matrix of %s, %d x %d", f.Layer, n, n)
		if i < len(captions) {
			caption = captions[i]
		}
		g.Pictures = append(g.Pictures, Picture{
			Caption: caption, raw: m,
			average: fmt.Sprintf(", largest value %.3g", slices.Max(append([]float64{0}, matrices[i]...)))})
	}
	return g
}

// Gram returns F F^T / M of a layer's N maps of M positions: N*N values, row by row.
func Gram(f *nst.FeatureMaps) []float64 {
	n, area := f.Channels, f.Height*f.Width
	gram := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			sum := 0.0
			a, b := f.Data[i*area:][:area], f.Data[j*area:][:area]
			for k, v := range a {
				sum += float64(v) * float64(b[k])
			}
			gram[i*n+j] = sum / float64(area)
			gram[j*n+i] = gram[i*n+j]
		}
	}
	return gram
}

// heat returns a colour from blue (-largest) over white (0) to red (+largest).
func heat(v, largest float64) color.RGBA {
	if !(largest > 0) || math.IsNaN(v) {
		return color.RGBA{255, 255, 255, 255}
	}
	strength := math.Sqrt(math.Min(1, math.Abs(v)/largest))
	fade := func(to float64) uint8 { return uint8(255 + (to-255)*strength + 0.5) }
	if v > 0 {
		return color.RGBA{fade(165), fade(15), fade(30), 255}
	}
	return color.RGBA{fade(20), fade(60), fade(150), 255}
}
