package config

import (
	"errors"
	"slices"
	"testing"

	"github.com/gonst/workbench/nst"
)

// TestKindsInTiles: what the kinds of losses say of tiles is what the library does, and a
// refusal names the term.
func TestKindsInTiles(t *testing.T) {
	net, err := nst.Open("pyramid", nst.Options{Filters: 4, Levels: 4})
	if err != nil {
		t.Fatal(err)
	}
	m, err := nst.Noise{Seed: 1}.Begin(48, 40)
	if err != nil {
		t.Fatal(err)
	}
	mask := nst.NewMask(2, 1)
	mask.Weights[0] = 1
	p := &Pictures{Content: m, Style: []nst.Target{{Image: m, Weight: 1}}}
	for _, text := range append(LossKinds(), "activation\"\nmap = 1\nlayers = \"scale3") {
		c := decode(t, "[images]\ncontent = \"a.png\"\nstyle = \"a.png\"\n[start]\nfrom = \"noise\"\n[loss.x]\nkind = \""+text+"\"\n")
		for _, masked := range []bool{false, true} {
			o := c.Losses[0].Options
			p.Mask = nil
			if masked && takesMasks(o) {
				p.Mask = mask
			}
			layers := nst.Layers("scale1", "scale2")
			tr := nst.Transfer{Network: net, Start: nst.FromImage(m), Width: 48, Height: 40, Tile: 16,
				Objective: nst.Objective{{Name: "x", Weight: 1, Loss: o.Build(p, layers)}}}
			if _, err := tr.Footprint(t.Context()); err != nil && !errors.Is(err, nst.ErrTiles) || wholeMaps(o) != (err != nil) {
				t.Errorf("%s with a mask %v: %v, want an error: %v", text, masked, err, wholeMaps(o))
			}
		}
	}
	if names := withWholeMaps(); !slices.Contains(names, "sliced") || slices.Contains(names, "gram") {
		t.Errorf("in tiles are refused %q", names)
	}
}
