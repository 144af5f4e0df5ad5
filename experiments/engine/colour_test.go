package engine_test

import (
	"context"
	"math"
	"testing"

	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/planned"
	"github.com/gonst/workbench/nst"
)

// TestColourIsKept: observers and the result have the content's colours, at every stage, and
// a run that was interrupted has the same bits.
func TestColourIsKept(t *testing.T) {
	const text = `
[images]
content = "c.png"
style = "s.png"
size = 32
[loss.content]
[loss.style]
[run]
steps = 2
[stages]
sizes = [24, 32]
[colour]
keep = "luminance"
space = "lab"
`
	c := planned.Of(t, text).Runs[0].Config
	pictures, err := engine.LoadPictures(c)
	if err != nil {
		t.Fatal(err)
	}
	if grey := pictures.Content.Pix; math.Abs(float64(grey[7]-grey[7+32*24])) > 1e-6 || pictures.Scene == pictures.Content {
		t.Error("the run does not read a grey content image")
	}
	if len(pictures.Paintings) != 1 || pictures.Paintings[0].Image == pictures.Style[0].Image {
		t.Error("the style image in its own colours is lost")
	}
	transfer, err := engine.Build(context.Background(), c, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	check := func(m *nst.Image) {
		t.Helper()
		scene, err := pictures.Scene.Resize(m.Width, m.Height, nst.CatmullRom)
		if err != nil {
			t.Fatal(err)
		}
		want, err := m.WithColours(scene, nst.Lab)
		if err != nil {
			t.Fatal(err)
		}
		differ := 0 // colours outside of sRGB were clamped, and have another luminance
		for i, v := range want.Pix {
			if math.Abs(float64(v-m.Pix[i])) > 0.02 {
				differ++
			}
		}
		if differ > len(want.Pix)/5 {
			t.Errorf("%d x %d: %d of %d values are not those of the content's colours", m.Width, m.Height, differ, len(want.Pix))
		}
	}
	seen := 0
	var saved *nst.Checkpoint
	result, err := transfer.Run(context.Background(), nst.ObserverFunc(func(s *nst.Step) error {
		seen++
		check(s.Image())
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	check(result.Image)
	if seen < 4 {
		t.Errorf("%d images seen", seen)
	}
	first, err := engine.Build(context.Background(), c, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	part, err := first.Run(context.Background(), nst.ObserverFunc(func(s *nst.Step) error {
		if s.Step == 1 {
			return nst.ErrStop
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if saved, err = part.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	again, err := first.Resume(context.Background(), saved)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range again.Image.Pix {
		if v != result.Image.Pix[i] {
			t.Fatal("a run that was interrupted has other pixels")
		}
	}
}
