package measure

import (
	"context"
	"math"

	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// Reading has the distances of a picture, layer by layer in the order of the
// yardstick. With N maps F of M positions, the content's maps P, Gram matrices
// G = F F^T, and A of the style:
type Reading struct {
	// Content is 1/2 sum (F-P)^2 / (N M): Gatys, Ecker and Bethge, "A neural
	// algorithm of artistic style", arXiv:1508.06576, 2015, equation 1, by the
	// number of features so that layers and sizes compare better.
	Content []float64
	// Style is 1/(4 N^2) sum (G/M - A/M_A)^2: E_l, equation 4 there, where each
	// image counts its own positions.
	Style []float64
	// ContentCosine is <F, P> / (|F| |P|): the content fidelity of Wang, Zhao, Chen,
	// Zuo, Li, Xing and Lu, "Evaluate and improve the quality of neural style
	// transfer", Computer Vision and Image Understanding 207, 2021.
	ContentCosine []float64
	// GramCosine is <G, A> / (|G| |A|): the holistic textures among the global
	// effects of the same paper.
	GramCosine []float64
}

// Read measures a picture. It may have any size if the yardstick has a size. The
// picture is taken as Seen.
func (r *Ruler) Read(ctx context.Context, picture *nst.Image) (*Reading, error) {
	if err := picture.Validate(); err != nil {
		return nil, prefix.Errorf("measure: ", "%w", err)
	}
	var m *nst.Image
	var err error
	switch {
	case r.width == 0:
		m, err = fit(picture, r.yardstick.Size)
	case r.yardstick.Size == 0 && (picture.Width != r.width || picture.Height != r.height):
		err = prefix.Errorf("measure: ", "%w: the picture is %d x %d pixels, the content %d x %d: give the yardstick a size",
			ErrSize, picture.Width, picture.Height, r.width, r.height)
	default:
		m, err = fitTo(picture, r.width, r.height)
	}
	if err != nil {
		return nil, err
	}
	if r.yardstick.Tile > 0 {
		reading, err := r.inTiles(ctx, m)
		if err != nil {
			return nil, prefix.Errorf("measure: ", "yardstick: %w", err)
		}
		return reading, nil
	}
	features, err := r.extractor.Extract(ctx, m)
	if err != nil {
		return nil, prefix.Errorf("measure: ", "yardstick: %w", err)
	}
	return r.compare(features[0]), nil
}

// byStyle measures only the style.
func (r *Ruler) byStyle(ctx context.Context, m *nst.Image) (*Reading, error) {
	reading := &Reading{}
	if len(r.layersS) == 0 {
		return reading, nil
	}
	f, err := r.extractor.Extract(ctx, m)
	if err != nil {
		return nil, err
	}
	r.addStyle(reading, f[0])
	return reading, nil
}

// inTiles measures a picture in tiles.
func (r *Ruler) inTiles(ctx context.Context, m *nst.Image) (*Reading, error) {
	reading, err := r.byStyle(ctx, m)
	if err != nil || r.reference == nil {
		return reading, err
	}
	all, err := r.extractor.Compare(ctx, m, r.reference)
	if err != nil {
		return nil, err
	}
	for _, layer := range r.layersC {
		c := all[layer]
		reading.addContent(c.Distance, c.Product, c.Norm, c.OtherNorm, c.Features)
	}
	return reading, nil
}

func (r *Reading) addContent(dd, fp, ff, pp float64, features int) {
	r.Content = append(r.Content, dd/2/float64(features))
	r.ContentCosine = append(r.ContentCosine, fp/math.Sqrt(ff*pp))
}

func (r *Ruler) compare(f map[string]*nst.FeatureMaps) *Reading {
	reading := &Reading{}
	for _, layer := range r.layersC {
		reading.addContent(compareMaps(f[layer].Data, r.content[layer].Data))
	}
	r.addStyle(reading, f)
	return reading
}

func (r *Ruler) addStyle(reading *Reading, f map[string]*nst.FeatureMaps) {
	for _, layer := range r.layersS {
		distance, cosine := compareGrams(f[layer], r.style[layer])
		reading.Style = append(reading.Style, distance)
		reading.GramCosine = append(reading.GramCosine, cosine)
	}
}

func compareMaps(f, p []float32) (dd, fp, ff, pp float64, features int) {
	for i, v := range f {
		x, y := float64(v), float64(p[i])
		dd += (x - y) * (x - y)
		fp += x * y
		ff += x * x
		pp += y * y
	}
	return dd, fp, ff, pp, len(f)
}

func compareGrams(f *nst.FeatureMaps, a []float64) (distance, cosine float64) {
	var dd, ga, gg, aa float64
	for i, v := range f.Gram {
		g := float64(v) / float64(f.Height*f.Width)
		dd += (g - a[i]) * (g - a[i])
		ga += g * a[i]
		gg += g * g
		aa += a[i] * a[i]
	}
	return dd / (4 * float64(f.Channels) * float64(f.Channels)), ga / math.Sqrt(gg*aa)
}

// Names of what a reading becomes in a List.
const (
	ContentDistance = "content_distance"
	ContentCosine   = "content_cosine"
	StyleDistance   = "style_distance"
	GramCosine      = "gram_cosine"
)

// Values returns a reading as a List: for each kind the unweighted mean over its
// layers, as Gatys' w_l = 1/5, then each layer. For values of style, OfContent is the
// value of the content image.
func (r *Ruler) Values(reading *Reading) List {
	var list List
	add := func(name, unit, group, better string, layers []string, v, of []float64) {
		if len(layers) == 0 {
			return
		}
		all := plain(name, "", mean(v), unit, group, better)
		if of != nil {
			all.OfContent = mean(of)
		}
		list = append(list, all)
		for i, layer := range layers {
			one := plain(name, layer, v[i], unit, group, better)
			if of != nil {
				one.OfContent = of[i]
			}
			list = append(list, one)
		}
	}
	add(ContentDistance, "half the mean squared difference of features", GroupContent, Lower, r.layersC, reading.Content, nil)
	add(ContentCosine, "cosine, at most 1", GroupContent, Higher, r.layersC, reading.ContentCosine, nil)
	add(StyleDistance, "Gatys' E_l", GroupStyle, Lower, r.layersS, reading.Style, r.untouched.Style)
	add(GramCosine, "cosine, at most 1", GroupStyle, Higher, r.layersS, reading.GramCosine, r.untouched.GramCosine)
	return list
}
