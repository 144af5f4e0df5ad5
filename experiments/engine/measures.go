package engine

import (
	"context"
	"errors"
	"math"
	"runtime/debug"
	"slices"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/measure"
	"github.com/gonst/workbench/nst"
)

// Measures of a run's final picture: measures.json.

// Measure computes all measures of a run's picture. The result does not depend on time,
// place or the number of threads.
func Measure(ctx context.Context, c *config.Config, s *Scales, r *Ruler, picture *nst.Image, step int) (*result.Measures, error) {
	m := &result.Measures{Step: step}
	s, err := s.fitting(c, picture)
	if err != nil {
		return nil, err
	}
	var list measure.List
	if r.Ruler != nil {
		m.Yardstick = &r.About
		if list, err = byYardstick(ctx, c, r, picture); err != nil {
			return nil, err
		}
		r.Release()
		own, err := byOwnNetwork(ctx, c, s, picture)
		if err != nil {
			return nil, err
		}
		list = append(list, own...)
	}
	pixels, err := measure.Pixels(ctx, picture, measure.References{Content: s.pictures.Scene, Style: s.pictures.Paintings})
	if err != nil {
		return nil, err
	}
	list = append(list, pixels...)
	m.Measures = sorted(recorded(list))
	debug.FreeOSMemory()
	m.Shares, err = s.sharesAt(ctx, picture)
	return m, err
}

// recorded returns values in the form of measures.json.
func recorded(list measure.List) []result.Measure {
	var all []result.Measure
	for _, v := range list {
		all = append(all, result.Measure{
			Name: v.Name, Layer: v.Layer, Value: result.Float(v.Value), Unit: v.Unit, Group: v.Group, Better: v.Better,
			HeldOut: v.HeldOut, OfContent: known(v.OfContent), OfStyle: known(v.OfStyle),
		})
	}
	return all
}

// sorted sorts measures by group, in the order of display.
func sorted(all []result.Measure) []result.Measure {
	slices.SortStableFunc(all, func(a, b result.Measure) int {
		return slices.Index(result.Groups(), a.Group) - slices.Index(result.Groups(), b.Group)
	})
	return all
}

func known(v float64) *result.Float {
	if math.IsNaN(v) {
		return nil
	}
	f := result.Float(v)
	return &f
}

// byYardstick measures on the fixed network. A layer is held out if the run did not
// optimise the same layer.
func byYardstick(ctx context.Context, c *config.Config, r *Ruler, picture *nst.Image) (measure.List, error) {
	reading, err := r.Read(ctx, picture)
	if err != nil {
		return nil, err
	}
	list := r.Values(reading)
	same := sameFilters(c.Yardstick, c.Network)
	held := map[string]bool{} // by group: whether all layers are held out
	for i := range list {
		v := &list[i]
		if v.Layer == "" {
			continue
		}
		v.HeldOut = !same || !slices.Contains(optimisedLayers(c, r.network, v.Group), LayerOf(r.network, v.Layer).Name)
		if was, ok := held[v.Name]; !ok || was {
			held[v.Name] = v.HeldOut
		}
	}
	for i := range list {
		if v := &list[i]; v.Layer == "" {
			v.HeldOut = held[v.Name]
		}
	}
	return list, nil
}

// optimisedLayers returns the layers, by their primary names, that losses of the run
// compare with the content or with the style.
func optimisedLayers(c *config.Config, net *nst.Network, group string) []string {
	var layers []string
	for _, l := range c.Losses {
		if l.Options.Compares() != group || l.Weight == 0 {
			continue
		}
		for _, lw := range l.Layers {
			if name := LayerOf(net, lw.Layer).Name; lw.Weight != 0 && !slices.Contains(layers, name) {
				layers = append(layers, name)
			}
		}
	}
	return layers
}

// probes returns further layers to measure, besides those that the run optimised: on
// VGG the last of each block, as far as both VGGs have it; on a pyramid all layers;
// none if the weight file may lack them.
func probes(c *config.Config, net *nst.Network) []string {
	switch {
	case c.Network.Weights != "" && !WholeVGG(c.Network):
		return nil
	case !config.IsPyramid(net.Name()):
		return []string{"relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"}
	}
	var all []string
	for _, l := range net.Layers() {
		if l.Kind == "relu" || l.Kind == "signs" {
			all = append(all, l.Name)
		}
	}
	return all
}

// ownLayers are the layers of the run's own network that are measured: by group, first the
// optimised ones, so many, then others.
type ownLayers struct {
	content, style []string // none without a picture of that kind
	optimised      map[string]int
}

// ownLayersOf returns the layers to measure for a picture with this shorter side.
func ownLayersOf(c *config.Config, s *Scales, short int) ownLayers {
	net, o := s.Transfer.Network, ownLayers{optimised: map[string]int{}}
	layers := func(group string, short int) []string {
		all := optimisedLayers(c, net, group)
		o.optimised[group] = len(all)
		for _, l := range largeEnoughFor(net, probes(c, net), short) {
			if !slices.Contains(all, l) {
				all = append(all, l)
			}
		}
		return all
	}
	if s.pictures.Content != nil {
		o.content = layers(measure.GroupContent, short)
	}
	for _, w := range s.pictures.Style {
		short = min(short, w.Image.Width, w.Image.Height)
	}
	if len(s.pictures.Style) > 0 {
		o.style = layers(measure.GroupStyle, short)
	}
	return o
}

// byOwnNetwork measures the cosines on the run's own network and at its own size: on
// the layers that the run optimised, and on some that it did not. The comparison shows
// how much the picture fits only the optimised layers. It reads tiles if the run does.
func byOwnNetwork(ctx context.Context, c *config.Config, s *Scales, picture *nst.Image) (measure.List, error) {
	net, o := s.Transfer.Network, ownLayersOf(c, s, min(picture.Width, picture.Height))
	content, style := o.content, o.style
	own := measure.Yardstick{Network: net, Threads: s.Transfer.Threads, Memory: s.Transfer.Memory, Tile: s.Transfer.Tile}
	var contentCosine, gramCosine, untouched []float64
	for _, own.Content = range readTogether(own, content) {
		readings, err := read(ctx, own, measure.References{Content: s.pictures.Content}, picture)
		if err != nil {
			return nil, err
		}
		contentCosine = append(contentCosine, readings[0].ContentCosine...)
	}
	if len(style) > 0 {
		own.Content, own.Style = nil, style
		pictures := []*nst.Image{picture}
		if s.pictures.Content != nil {
			pictures = append(pictures, s.pictures.Content)
		}
		readings, err := read(ctx, own, measure.References{Style: s.pictures.Style}, pictures...)
		if err != nil {
			return nil, err
		}
		gramCosine = readings[0].GramCosine
		if len(readings) > 1 {
			untouched = readings[1].GramCosine
		}
	}
	var list measure.List
	for _, part := range []struct {
		name      string
		layers    []string
		values    []float64
		untouched []float64 // of the content image
		group     string
	}{
		{measure.ContentCosine, content, contentCosine, nil, measure.GroupContent},
		{measure.GramCosine, style, gramCosine, untouched, measure.GroupStyle},
	} {
		// value averages the measure over the layers with indices from <= i < to.
		value := func(name, layer string, from, to int) measure.Value {
			v := measure.Value{Name: name, Layer: layer, Value: average(part.values[from:to]), Unit: "cosine, at most 1",
				Group: part.group, Better: measure.Higher, HeldOut: from >= o.optimised[part.group], OfContent: math.NaN(), OfStyle: math.NaN()}
			if part.untouched != nil {
				v.OfContent = average(part.untouched[from:to])
			}
			return v
		}
		n, all := o.optimised[part.group], len(part.layers) // the optimised layers come first
		if n > 0 && all > 0 {
			list = append(list, value("own_"+part.name, "", 0, n))
		}
		if all > n {
			list = append(list, value("heldout_"+part.name, "", n, all))
		}
		for i, layer := range part.layers {
			list = append(list, value("own_"+part.name, layer, i, i+1))
		}
	}
	return list, nil
}

// readTogether divides layers into those that are read in one pass. Maps of the run's own size
// are large, and two pictures are compared: one layer at a time keeps the peak of memory below
// that of the run. The maps of a tile are small.
func readTogether(own measure.Yardstick, layers []string) [][]string {
	if own.Tile > 0 && len(layers) > 0 {
		return [][]string{layers}
	}
	return slices.Collect(slices.Chunk(layers, 1))
}

// read measures pictures against references that are not used afterwards.
func read(ctx context.Context, stick measure.Yardstick, r measure.References, pictures ...*nst.Image) ([]*measure.Reading, error) {
	ruler, err := stick.Against(ctx, r)
	if err != nil {
		return nil, err
	}
	defer debug.FreeOSMemory() // else this garbage, as large as any of the run's maps, stays beside the next maps
	defer ruler.Release()
	var all []*measure.Reading
	for _, m := range pictures {
		reading, err := ruler.Read(ctx, m)
		if err != nil {
			return nil, err
		}
		all = append(all, reading)
	}
	return all, nil
}

func average(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// sharesAt returns the shares of loss and gradient at the start and at the picture. It
// returns none if they are not finite, for example if the run failed at once.
func (s *Scales) sharesAt(ctx context.Context, picture *nst.Image) ([]result.Share, error) {
	both, err := s.Transfer.Pulls(ctx, nil, nst.FromImage(picture))
	if errors.Is(err, nst.ErrNotFinite) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []result.Share
	for i, at := range []string{result.AtStart, result.AtEnd} {
		pulls := both[i]
		terms, layers := SharesOf(pulls)
		for k, p := range pulls {
			all = append(all, result.Share{At: at, Term: p.Name, Value: result.Float(p.Value), Norm: result.Float(p.Norm),
				Loss: result.Float(terms[k].Loss), Gradient: result.Float(terms[k].Gradient)})
			for j, l := range p.Layers {
				if l.Layer == "" {
					continue
				}
				all = append(all, result.Share{At: at, Term: p.Name, Layer: l.Layer, Value: result.Float(l.Value), Norm: result.Float(l.Norm),
					Loss: result.Float(layers[k][j].Loss), Gradient: result.Float(layers[k][j].Gradient)})
			}
		}
	}
	return all, nil
}

// share is the part of the loss and of the gradient that a term or a layer has.
type share struct{ Loss, Gradient float64 }

// SharesOf computes parts of the sums of absolute values over all terms. A layer's part
// of the gradient is its term's part, divided in proportion to the norms of the layers
// alone.
func SharesOf(pulls []nst.TermPull) (terms []share, layers [][]share) {
	var value, norm float64
	for _, p := range pulls {
		value += math.Abs(p.Value)
		norm += p.Norm
	}
	for _, p := range pulls {
		within := 0.0
		for _, l := range p.Layers {
			within += l.Norm
		}
		term := share{ratio(math.Abs(p.Value), value), ratio(p.Norm, norm)}
		terms = append(terms, term)
		var parts []share
		for _, l := range p.Layers {
			parts = append(parts, share{ratio(math.Abs(l.Value), value), term.Gradient * ratio(l.Norm, within)})
		}
		layers = append(layers, parts)
	}
	return terms, layers
}
