package measure

import (
	"context"
	"errors"
	"math"

	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// Yardstick is a network, layers and a size at which pictures are compared,
// independent of how they were made. Two numbers compare if both have the same
// yardstick and the same references.
type Yardstick struct {
	Network *nst.Network
	Content []string // layers that the content is compared at
	Style   []string // layers that the style is compared at
	// Size is the longer side, in pixels, to which every image is resized. With 0 images
	// keep their sizes; then picture and content must have the same size.
	Size int
	// As in nst.ExtractorOptions; neither changes a bit.
	Threads int
	Memory  nst.Memory
	// Tile, if above 0, bounds the memory of large pictures, as in nst.ExtractorOptions:
	// numbers differ by rounding. The content image is read again for each picture.
	Tile int
}

// DefaultSize is the long side of the yardsticks below.
const DefaultSize = 256

// Pyramid is the yardstick that needs no weight file: a fixed pyramid of random
// filters, the same for everybody.
func Pyramid(ctx context.Context) (Yardstick, error) {
	net, err := pyramid(ctx)
	return Yardstick{
		Network: net, Size: DefaultSize,
		Content: []string{"scale3", "scale4"},
		Style:   []string{"scale1", "scale2", "scale3", "scale4", "scale5"},
	}, err
}

// VGG is the yardstick of the papers: trained weights of "vgg19" or "vgg16" (see
// package weights) with max pooling, the content at relu4_2, the style at relu1_1
// to relu5_1. A nil preprocessing is Caffe's.
func VGG(name string, weights nst.Weights, preprocess *nst.Preprocessing) (Yardstick, error) {
	y := Yardstick{
		Size:    DefaultSize,
		Content: []string{"relu4_2"},
		Style:   []string{"relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"},
	}
	if weights == nil {
		return y, errors.New("measure: a VGG is a yardstick only with trained weights: give weights, or use Pyramid")
	}
	var err error
	y.Network, err = nst.Open(name, nst.Options{Weights: weights, Preprocess: preprocess})
	return y, err
}

// Ruler is a yardstick with captured references. It is safe for concurrent use;
// it measures one picture at a time.
type Ruler struct {
	yardstick     Yardstick
	width, height int // every picture is brought to; 0: as it is
	content       map[string]*nst.FeatureMaps
	reference     *nst.Image           // in tiles, instead of content: the content image
	style         map[string][]float64 // G/M by layer, the styles' weighted mean
	extractor     *nst.Extractor
	layersC       []string // where there are references
	layersS       []string
	untouched     *Reading // of the content image itself; of no values without one
}

// Against captures the features of the references. All images are resized to the
// yardstick's size. Without a content image, each picture keeps its own ratio of
// sides.
func (y Yardstick) Against(ctx context.Context, r References) (*Ruler, error) {
	if y.Network == nil {
		return nil, errors.New("measure: a yardstick without a network: use Pyramid or VGG")
	}
	ruler := &Ruler{yardstick: y, untouched: &Reading{}}
	if r.Content != nil {
		ruler.layersC = y.Content
	}
	weights, err := r.weights()
	if err != nil {
		return nil, err
	}
	if weights != nil {
		ruler.layersS = y.Style
	}
	if len(ruler.layersC)+len(ruler.layersS) == 0 {
		return nil, errors.New("measure: a yardstick needs a content image with layers for it, or style images with layers for them")
	}
	ruler.extractor, err = y.Network.ExtractorWith(nst.ExtractorOptions{Maps: ruler.layersC, Grams: ruler.layersS, Threads: y.Threads, Memory: y.Memory, Tile: y.Tile})
	if err != nil {
		return nil, prefix.Errorf("measure: ", "yardstick: %w", err)
	}
	if len(ruler.layersS) > 0 {
		if err := ruler.captureStyle(ctx, r.Style, weights); err != nil {
			return nil, err
		}
	}
	if len(ruler.layersC) > 0 {
		m, err := fit(r.Content, y.Size)
		if err != nil {
			return nil, err
		}
		ruler.width, ruler.height = m.Width, m.Height
		if y.Tile > 0 {
			ruler.reference = m
			ruler.untouched, err = ruler.byStyle(ctx, m)
		} else {
			var f []map[string]*nst.FeatureMaps
			if f, err = ruler.extractor.Extract(ctx, m); err == nil {
				ruler.content = f[0]
				ruler.untouched = ruler.compare(f[0])
			}
		}
		if err != nil {
			return nil, prefix.Errorf("measure: ", "yardstick: content image: %w", err)
		}
	}
	return ruler, nil
}

// captureStyle computes the weighted mean of the images' G/M, as the losses do.
func (r *Ruler) captureStyle(ctx context.Context, style []nst.Target, weights []float64) error {
	r.style = map[string][]float64{}
	for k, s := range style {
		m, err := fit(s.Image, r.yardstick.Size)
		if err != nil {
			return err
		}
		f, err := r.extractor.Extract(ctx, m)
		if err != nil {
			return prefix.Errorf("measure: ", "yardstick: style image: %w", err)
		}
		for _, layer := range r.layersS {
			g := f[0][layer]
			if r.style[layer] == nil {
				r.style[layer] = make([]float64, len(g.Gram))
			}
			for i, v := range g.Gram {
				r.style[layer][i] += weights[k] * float64(v) / float64(g.Height*g.Width)
			}
		}
	}
	return nil
}

// fit brings an image to a long side, as fitTo does; 0 leaves its size.
func fit(m *nst.Image, size int) (*nst.Image, error) {
	if err := m.Validate(); err != nil {
		return nil, prefix.Errorf("measure: ", "%w", err)
	}
	width, height := m.Width, m.Height
	if size > 0 {
		scale := float64(size) / float64(max(width, height))
		width = max(1, int(math.Round(float64(width)*scale)))
		height = max(1, int(math.Round(float64(height)*scale)))
	}
	return fitTo(m, width, height)
}

// fitTo brings an image to a size. It is rounded before and after, as if it had been saved
// at either size, so that pictures and references are alike.
func fitTo(m *nst.Image, width, height int) (*nst.Image, error) {
	m, err := Seen(m).Resize(width, height, nst.CatmullRom)
	if err != nil {
		return nil, prefix.Errorf("measure: ", "%w", err)
	}
	return Seen(m), nil
}

// Release releases the memory of the feature maps. The next reading takes it again, and
// some time.
func (r *Ruler) Release() { r.extractor.Release() }

// Size returns the size to which pictures are resized: that of the resized content.
// Both are 0 without a content image.
func (r *Ruler) Size() (width, height int) { return r.width, r.height }

// ContentLayers and StyleLayers return the layers of readings: none if the references
// have no such image.
func (r *Ruler) ContentLayers() []string { return r.layersC }
func (r *Ruler) StyleLayers() []string   { return r.layersS }
