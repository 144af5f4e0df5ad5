package engine

import (
	"math"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// In tiles the run's own network measures what it measures on the whole picture, and the terms
// have the same shares, with a mask, too.
func TestMeasuresInTiles(t *testing.T) {
	dir := fixture.Files(t, map[string]string{"c.png": fixture.PNG(t, 120, 90, 0), "s.png": fixture.PNG(t, 80, 100, 0.5), "m.png": fixture.PNG(t, 40, 30, 0)})
	p := &tree.Problems{}
	c := config.Decode(tree.Parse("[images]\ncontent = 'c.png'\nstyle = 's.png'\nsize = 120\n[network]\nname = 'vgg19'\nwidth = 0.05\nweights = 'random'\npooling = 'average'\n"+
		"[loss.content]\n[loss.style]\nmask = 'm.png'\n[start]\nfrom = 'noise'\n[run]\nsteps = 1\n", "a.toml", dir, p), p)
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	transfer, pictures, err := Assemble(t.Context(), c, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := nst.Noise{Seed: 5}.Begin(transfer.Width, transfer.Height)
	if err != nil {
		t.Fatal(err)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-4*math.Abs(b)+1e-7 }
	s := ScalesOf(transfer, pictures)
	whole, err := byOwnNetwork(t.Context(), c, s, picture)
	if err != nil {
		t.Fatal(err)
	}
	shares, err := s.sharesAt(t.Context(), picture)
	if err != nil {
		t.Fatal(err)
	}
	s.Transfer.Tile = 32
	tiles, err := byOwnNetwork(t.Context(), c, s, picture)
	if err != nil || len(tiles) != len(whole) {
		t.Fatalf("%d measures, want %d, %v", len(tiles), len(whole), err)
	}
	for i, w := range whole {
		if m := tiles[i]; m.Key() != w.Key() || m.HeldOut != w.HeldOut || !near(m.Value, w.Value) || !math.IsNaN(w.OfContent) && !near(m.OfContent, w.OfContent) {
			t.Errorf("in tiles %+v, want %+v", m, w)
		}
	}
	inTiles, err := s.sharesAt(t.Context(), picture)
	if err != nil || len(inTiles) != len(shares) {
		t.Fatalf("%d shares, want %d, %v", len(inTiles), len(shares), err)
	}
	for i, w := range shares {
		if m := inTiles[i]; m.At != w.At || m.Term != w.Term || m.Layer != w.Layer || !near(float64(m.Loss), float64(w.Loss)) || !near(float64(m.Gradient), float64(w.Gradient)) {
			t.Errorf("in tiles %+v, want %+v", m, w)
		}
	}
	small, err := byOwnNetworkNeed(ownLayersOf(c, s, 90), s.Transfer, pictures)
	if err != nil {
		t.Fatal(err)
	}
	s.Transfer.Tile = 0
	if large, err := byOwnNetworkNeed(ownLayersOf(c, s, 90), s.Transfer, pictures); err != nil || small >= large {
		t.Errorf("measuring takes %d bytes in tiles, %d on the whole picture, %v", small, large, err)
	}
}
