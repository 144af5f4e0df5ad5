package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/nst"
)

// TestCrowsonStages compares ten steps of each of three stages with crowsonkb's program in
// PyTorch: the losses, and with the last average what is carried between the stages. The
// pictures are those of the golden at each stage, so that no resampling of files enters.
func TestCrowsonStages(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "presets", "crowson.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Content, Style []goldenPicture
		Steps          int
		Stages         [][]float64
		Result         goldenFloats
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	g := all[0]
	last := len(g.Stages) - 1
	dir := fixture.Files(t, map[string]string{
		"c.png": g.Content[last].png(t), "s.png": g.Style[last].png(t),
		"a.toml": fmt.Sprintf("base = 'preset:crowson'\n[images]\ncontent = 'c.png'\nstyle = 's.png'\nsize = %d\n[stages]\nfrom = %d\nsteps = [%d]\n",
			g.Content[last].Width, g.Content[0].Width, g.Steps),
	})
	p, err := plan.Read(filepath.Join(dir, "a.toml"), "network.weights=random", fmt.Sprint("network.width=", narrow))
	if err != nil {
		t.Fatal(err)
	}
	c := p.Runs[0].Config
	tr, err := engine.Build(context.Background(), c, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.Stages) != len(g.Stages) {
		t.Fatalf("%d stages, want %d", len(tr.Stages), len(g.Stages))
	}
	o := engine.NetworkOptions(c.Network)
	o.Weights = narrowVGG("")
	if tr.Network, err = nst.Open(c.Network.Name, o); err != nil {
		t.Fatal(err)
	}
	for i := range tr.Stages {
		if s := tr.Stages[i]; s.Width != g.Content[i].Width || s.Height != g.Content[i].Height {
			t.Fatalf("stage %d has %d x %d pixels, want %+v", i, s.Width, s.Height, g.Content[i])
		}
		files := fixture.Files(t, map[string]string{"c.png": g.Content[i].png(t), "s.png": g.Style[i].png(t)})
		content, err := nst.Load(filepath.Join(files, "c.png"), g.Content[i].Width)
		if err != nil {
			t.Fatal(err)
		}
		style, err := nst.Load(filepath.Join(files, "s.png"), g.Content[i].Width)
		if err != nil {
			t.Fatal(err)
		}
		pictures := &config.Pictures{Content: content, Style: []nst.Target{{Image: style, Weight: 1}}}
		tr.Stages[i].Objective = func() (o nst.Objective, err error) {
			for _, l := range c.Losses {
				o = append(o, nst.Term{Name: l.Name, Weight: l.Weight, Loss: l.Build(pictures)})
			}
			return o, nil
		}
		if i == 0 {
			tr.Start = nst.FromImage(pictures.Content)
		}
	}
	tr.Every = 1
	result, err := tr.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i, losses := range g.Stages {
		for k, want := range losses {
			r := result.Trace[i*g.Steps+k]
			e := math.Abs(r.Total/want - 1)
			worst = max(worst, e)
			if e > 1e-3 || e > 1e-4 && i == 0 && k <= 5 {
				t.Errorf("stage %d, step %d: the loss is %v, want %v", i+1, k, r.Total, want)
			}
		}
	}
	difference, norm := 0.0, 0.0
	for i, want := range g.Result {
		d := float64(result.Image.Pix[i]) - float64(want)
		difference, norm = difference+d*d, norm+float64(want)*float64(want)
	}
	t.Logf("largest error of a loss %.1e, of the result %.1e", worst, math.Sqrt(difference/norm))
	if e := math.Sqrt(difference / norm); e > 1e-3 {
		t.Errorf("the result is off by %.1e", e)
	}
}
