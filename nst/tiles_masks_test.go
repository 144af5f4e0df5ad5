package nst

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// fading returns a mask that fades from left to right, with a part of zeros.
func fading(width, height, zeros int) *Mask {
	m := NewMask(width, height)
	for i := range m.Weights {
		m.Weights[i] = float32(max(0, i%width-zeros)) * float32(1+i/width%3)
	}
	return m
}

// maskedObjective has a term for each way in which masks count.
func maskedObjective(layers []string, width, height int) Objective {
	content, style := wave(width, height, 7), wave(90, 71, 11)
	fade, left := fading(width, height, 5), leftMask(width/2, height/2)
	there := fading(90, 71, 30)
	inside, all := leftMask(width, height), fading(width, height, width/2)
	inside.Rule, all.Rule = Inside, All
	return Objective{
		{Name: "content", Weight: 1, Loss: Content{Target: content, Mask: fade, Layers: Layers(layers[1], layers[2])}},
		{Name: "relative", Weight: 2, Loss: InPlace(Content{Target: content, Mask: all, Layers: Layers(layers[2]), Reduce: Relative}, all)},
		{Name: "plain", Weight: 2, Loss: Content{Target: content, Layers: Layers(layers[2]), Reduce: Relative}},
		{Name: "regions", Weight: 3, Loss: Regions{
			{Gram{Targets: []Target{{style, there, 1}, {content, nil, 2}}, Mask: left, Layers: Layers(layers...), Normalize: ByPositions, Reduce: Relative}, left.Share()},
			{Gram{Target: content, Mask: inside, Layers: Layers(layers[:2]...), Normalize: ByPositions, Reduce: Relative}, inside.Share()},
		}},
		{Name: "guided", Weight: 3, Loss: Guided{
			Loss: Gram{Targets: []Target{{style, nil, 1}, {content, nil, 2}}, Layers: Layers(layers...), Normalize: ByPositions, Reduce: Relative, Shift: -1},
			Regions: []Guide{
				{left, 0.5, []Target{{style, there, 1}}},
				{fade, 0.7, []Target{{content, nil, 1}, {style, nil, 0.5}}},
			}}},
		{Name: "covariance", Weight: 4, Loss: Covariance{Targets: []Target{{style, there, 1}}, Mask: fade, Means: true, Layers: Layers(layers[1], layers[2])}},
		{Name: "correlation", Weight: 5, Loss: Correlation{Target: style, Mask: fade, Layers: Layers(layers[1])}},
		{Name: "moments", Weight: 6, Loss: MeanVariance{Targets: []Target{{style, there, 1}}, Mask: left, Layers: Layers(layers[0], layers[2])}},
		{Name: "wasserstein", Weight: 1, Loss: Wasserstein{Target: style, Mask: fade, Layers: Layers(layers[2])}},
		{Name: "dream", Weight: 1e-3, Maximize: true, Loss: Activation{Mask: fade, Layers: Layers(layers[2])}},
		{Name: "scales", Weight: 5, Loss: CrossScale{Targets: []Target{{style, there, 1}}, Mask: fade, Layers: Layers(layers[:2]...)}},
		{Name: "strokes", Weight: 5, Loss: ShiftedGram{Targets: []Target{{style, there, 1}}, Mask: left, Layers: Layers(layers...)}},
		{Name: "palette", Weight: 1, Loss: Palette{Targets: []Target{{style, there, 1}}, Mask: left}},
	}
}

// With masks, too, values and gradient in tiles are those of the whole image.
func TestMasksInTiles(t *testing.T) {
	net := open(t, "vgg19", Options{Width: 1. / 16, Pooling: Average})
	layers := []string{"relu1_1", "relu2_1", "relu3_1", "relu4_1"}
	const width, height = 67, 50
	m := wave(width, height, 5)
	o := maskedObjective(layers, width, height)
	for i := range o {
		whole, tiles, values, tiled := gradients(t, net, o[i:i+1], m, 48)
		if d := distanceTo(tiles, whole); !(d < 1e-5) {
			t.Errorf("%s: the gradient in tiles differs by %.2g", o[i].Name, d)
		}
		for k, v := range values {
			if math.Abs(tiled[k]-v) > 2e-4*math.Abs(v)+1e-9 {
				t.Errorf("%s: part %d is %v in tiles, want %v", o[i].Name, k, tiled[k], v)
			}
		}
	}
	if whole, tiles, _, _ := gradients(t, net, o, m, 16); !(distanceTo(tiles, whole) < 1e-5) {
		t.Errorf("in tiles of 16 the gradient differs by %.2g", distanceTo(tiles, whole))
	}
}

// The gradient in tiles with masks is that of the value in tiles, and has the same bits for
// any number of threads.
func TestMaskedTilesByDifferences(t *testing.T) {
	net := open(t, "pyramid", Options{Filters: 4, Levels: 3})
	const width, height = 29, 19
	m := wave(width, height, 5)
	o := slices.DeleteFunc(maskedObjective([]string{"scale1", "scale2", "scale3"}, width, height),
		func(t Term) bool { return t.Name == "wasserstein" }) // its gradient is that of converged roots
	var first []float32
	for _, threads := range []int{1, 3} {
		q, err := o.bindTiles(context.Background(), net, width, height, 16, (&Transfer{Threads: threads}).device(), resized{})
		if err == nil {
			defer q.Close()
			err = q.prepare(context.Background())
		}
		if err != nil {
			t.Fatal(err)
		}
		at := func(x []float32) (float64, []float32) {
			g := make([]float32, len(x))
			_, total, err := q.evaluate(context.Background(), x, g)
			if err != nil {
				t.Fatal(err)
			}
			return total, g
		}
		_, g := at(m.Pix)
		if first != nil {
			if !slices.Equal(g, first) {
				t.Error("three threads give other bits than one")
			}
			break
		}
		first = g
		for _, seed := range []float64{1, 2} {
			const h = 1e-3
			low, high, along := slices.Clone(m.Pix), slices.Clone(m.Pix), 0.0
			for i, v := range g {
				d := math.Cos(seed*float64(i)) + math.Copysign(0.5, float64(v))
				low[i], high[i] = low[i]-float32(h*d), high[i]+float32(h*d)
				along += float64(v) * (float64(high[i]) - float64(low[i]))
			}
			less, _ := at(low)
			more, _ := at(high)
			if math.Abs(more-less-along) > 2e-2*math.Abs(along) {
				t.Errorf("the value changes by %v, by the gradient %v", more-less, along)
			}
		}
	}
}

// A mask that no position lies inside is an error in tiles, too, and so is a loss that reads
// positions.
func TestMasksThatTilesRefuse(t *testing.T) {
	m := wave(64, 48, 7)
	narrow := NewMask(64, 48)
	narrow.Weights[100], narrow.Rule = 1, Inside
	left := leftMask(64, 48)
	for want, loss := range map[string]Loss{
		ErrMaskEmpty.Error():        Gram{Target: m, Mask: narrow, Layers: Layers("relu2_1")},
		"the maps of layer relu2_1": Histogram{Target: m, Mask: left, Layers: Layers("relu2_1")},
		"maps of regions, position by position": Guided{Loss: Content{Target: m, Layers: Layers("relu2_1")},
			Regions: []Guide{{left, 1, []Target{{m, nil, 1}}}}},
		"products of maps of regions": Guided{Loss: ShiftedGram{Target: m, Layers: Layers("relu3_1")},
			Regions: []Guide{{left, 1, []Target{{m, nil, 1}}}}},
	} {
		tr := &Transfer{Network: open(t, "vgg19", Options{Width: 1. / 16}), Steps: 1, Start: FromImage(m), Width: 64, Height: 48, Tile: 32,
			Objective: Objective{{Name: "own", Weight: 1, Loss: loss}}}
		_, err := tr.Run(context.Background())
		if err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(want, "nst: ")) || !strings.Contains(err.Error(), `"own"`) {
			t.Errorf("error %v, want %q", err, want)
		}
		if empty := errors.Is(err, ErrMaskEmpty); empty == errors.Is(err, ErrTiles) {
			t.Errorf("error %v is of the wrong kind", err)
		}
	}
}
