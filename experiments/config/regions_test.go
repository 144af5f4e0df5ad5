package config

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gonst/workbench/nst"
)

// TestMasksReachEveryKind: a loss that compares with a picture must not ignore the mask, or
// a region would be painted everywhere. A new kind passes Pictures.Mask on as its Mask.
func TestMasksReachEveryKind(t *testing.T) {
	mask := nst.NewMask(2, 2)
	p := &Pictures{Content: nst.NewImage(4, 4), Style: []nst.Target{{Image: nst.NewImage(4, 4), Mask: mask, Weight: 1}}, Mask: mask}
	for _, kind := range lossKinds {
		o := kind.make()
		if o.Compares() == "" || !takesMasks(o) {
			continue
		}
		loss := o.Build(p, nst.Layers("scale1"))
		field := reflect.Indirect(reflect.ValueOf(loss)).FieldByName("Mask")
		if !field.IsValid() || field.Interface() != mask {
			t.Errorf("the loss %s, %T, has not the mask of the pictures", kind.name, loss)
		}
	}
}

// TestRegionsOfALoss: which regions, layers, masks and styles a loss is built with.
func TestRegionsOfALoss(t *testing.T) {
	c := decode(t, `
[images]
content = "a.png"
style = "a.png"
[loss.content]
mask = "fade.png"
[loss.style]
layers = {scale1 = 1, scale2 = 3}
[loss.fine]
kind = "covariance"
style = {"b.png" = 2}
[region.sky]
mask = "labels.png"
label = "#FF0000"
rule = "inside"
losses = "style"
layers = "scale2"
weight = 2
[region.rest]
mask = "labels.png"
style = "own.png"
style_mask = "part.png"
losses = "style"
`)
	a, b, own := nst.NewImage(4, 4), nst.NewImage(4, 4), nst.NewImage(4, 4)
	half, whole, part, fade := nst.NewMask(2, 1), nst.NewMask(2, 1), nst.NewMask(2, 1), nst.NewMask(2, 1)
	half.Weights[0], whole.Weights[0], whole.Weights[1], fade.Weights[0] = 1, 1, 1, 0.5
	images := map[string]*nst.Image{}
	for _, s := range c.OwnStyles() {
		images[s.Path] = own
	}
	images[c.Losses[2].Style[0].Path] = b
	sky, rest := c.Regions[0], c.Regions[1]
	p := &Pictures{Content: a, Style: []nst.Target{{Image: a, Weight: 1}}, Regions: c.Regions, Own: images,
		Masks: map[MaskFile]*nst.Mask{sky.Mask: half, rest.Mask: whole, rest.StyleMask: part, c.Losses[0].Mask: fade}}
	if sky.Mask.Label != "#ff0000" || sky.Mask.Rule != nst.Inside || rest.Mask.Rule != nst.Simple {
		t.Errorf("masks %+v, %+v", sky.Mask, rest.Mask)
	}
	content := c.Losses[0].Build(p).(nst.Regions)
	if content[0].Weight != 0.25 || content[0].Loss.(nst.Content).Mask != fade {
		t.Errorf("content %+v", content)
	}
	style := c.Losses[1].Build(p).(nst.Regions)
	in, out := style[0].Loss.(nst.Gram), style[1].Loss.(nst.Gram)
	if len(style) != 2 || style[0].Weight != 1 || style[1].Weight != 1 {
		t.Errorf("weights %v", style)
	}
	if len(in.Layers) != 1 || in.Layers[0] != (nst.LayerWeight{Layer: "scale2", Weight: 3}) || in.Mask != half || in.Targets[0].Image != a || in.Targets[0].Mask != nil {
		t.Errorf("sky %+v", in)
	}
	if len(out.Layers) != 2 || out.Mask != whole || out.Targets[0].Image != own || out.Targets[0].Mask != part {
		t.Errorf("rest %+v", out)
	}
	if fine := c.Losses[2].Build(p).(nst.Covariance); fine.Mask != nil || fine.Targets[0] != (nst.Target{Image: b, Weight: 2}) {
		t.Errorf("fine %+v", fine)
	}
	// Paths of a copy are its own.
	d := c.Clone()
	for _, s := range d.Sources() {
		*s.Path = "moved"
	}
	for _, s := range c.Sources() {
		if *s.Path == "moved" {
			t.Errorf("%s of the original was moved", s.Name())
		}
	}
}

// TestGuidedRegions: a loss of guided sums has a map for each region, whose mean over the
// targets is that over the region's own pictures; one of nearest patches has the masks as
// they are.
func TestGuidedRegions(t *testing.T) {
	c := decode(t, `
[images]
content = "a.png"
[loss.style]
kind = "gram"
regions = "sums"
guidance = 0.5
[loss.nearest-patches]
[region.sky]
mask = "sky.png"
style = {"a.png" = 1, "b.png" = 3}
weight = 2
[region.rest]
mask = "rest.png"
style = "a.png"
style_mask = "part.png"
`)
	a, b := nst.NewImage(4, 4), nst.NewImage(4, 4)
	mask := func(weights ...float32) *nst.Mask { return &nst.Mask{Width: 4, Height: 1, Weights: weights} }
	sky, rest, part := mask(1, 0, 0, 0), mask(0, 1, 1, 1), mask(1, 1, 0, 0)
	p := &Pictures{Regions: c.Regions, Own: map[string]*nst.Image{c.Regions[0].Style[0].Path: a, c.Regions[0].Style[1].Path: b},
		Masks: map[MaskFile]*nst.Mask{c.Regions[0].Mask: sky, c.Regions[1].Mask: rest, c.Regions[1].StyleMask: part}}
	sums := c.Losses[0].Build(p).(nst.Guided)
	// The sky is a quarter: a has 1/4 of it and all of the rest.
	want := nst.Guided{Strength: 0.5, Regions: []nst.Guide{
		{Mask: sky, Weight: 2 * 0.5, Targets: []nst.Target{{Image: a, Weight: 1. / 4 / (13. / 16)}, {Image: b, Weight: 3. / 4 / (3. / 16)}}},
		{Mask: rest, Weight: math.Sqrt(0.75), Targets: []nst.Target{{Image: a, Mask: part, Weight: math.Sqrt(0.75) / (13. / 16)}}}}}
	if targets := sums.Loss.(nst.Gram).Targets; !reflect.DeepEqual(targets, []nst.Target{{Image: a, Weight: 13. / 16}, {Image: b, Weight: 3. / 16}}) {
		t.Errorf("the targets are %v", targets)
	}
	sums.Loss = nil
	if !reflect.DeepEqual(sums, want) {
		t.Errorf("%+v, want %+v", sums, want)
	}
	patches := c.Losses[1].Build(p).(nst.Guided)
	want = nst.Guided{Strength: 1, Regions: []nst.Guide{
		{Mask: sky, Weight: 2 * 0.25, Targets: []nst.Target{{Image: a, Weight: 2}, {Image: b, Weight: 2}}},
		{Mask: rest, Weight: 0.75, Targets: []nst.Target{{Image: a, Mask: part, Weight: 0.5}}}}}
	patches.Loss = nil
	if !reflect.DeepEqual(patches, want) {
		t.Errorf("%+v, want %+v", patches, want)
	}
}

func TestBadGuidedRegions(t *testing.T) {
	for text, want := range map[string]string{
		"[loss.style]\nregions = 'sums'\n[region.a]\nmask = 'm.png'\nlayers = 'scale1'\n": "region.a.layers: found layers of the loss style, which all regions share; expected no layers here",
		"[loss.nearest-features]\n[region.a]\nmask = 'm.png'\n":                           "found the loss nearest-features of kind nearest-features, which has no masks; expected losses that have: name them in losses",
		"[loss.style]\nguidance = 2\n":                                                    "loss.style.guidance",
		"[loss.palette]\nbins = 5\n":                                                      "loss.palette.bins: found the number 5; expected 2, 4, 8 or 16",
	} {
		if _, err := decodeText("[images]\ncontent = 'a.png'\nstyle = 'a.png'\n" + text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s said %v, want %s", text, err, want)
		}
	}
}
