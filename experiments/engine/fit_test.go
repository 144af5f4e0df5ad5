package engine

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// A bound chooses the largest tiles that keep to it, and one that nothing keeps to is
// refused with the numbers.
func TestFit(t *testing.T) {
	tile := func(bound string) (int, error) {
		transfer, _, err := Assemble(context.Background(), bounded(t, bound, "gram"), 1, nil)
		if err != nil {
			return 0, err
		}
		return transfer.Tile, nil
	}
	last := 10000
	for _, bound := range []string{"4 GB", "160 MB", "145 MB"} {
		side, err := tile(bound)
		if err != nil {
			t.Fatal(err)
		}
		if bound == "4 GB" && side != 0 || bound != "4 GB" && (side == 0 || side > last) {
			t.Errorf("%s: tiles of %d", bound, side)
		}
		if side > 0 {
			last = side
		}
	}
	if _, err := tile("130 MB"); err == nil || !strings.Contains(err.Error(), `run.memory = "130 MB" is too little for 600 x 450 pixels`) {
		t.Errorf("error %v", err)
	}
}

// Masks are no reason against tiles, and their pixels and weights are
// part of the estimate.
func TestMasksFit(t *testing.T) {
	plain, _, err := Assemble(context.Background(), bounded(t, "160 MB", "gram"), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	need := func(more string) int64 {
		c := bounded(t, "160 MB", "gram", more)
		transfer, pictures, err := Assemble(context.Background(), c, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if transfer.Tile == 0 {
			t.Error("no tiles")
		}
		n, err := needsOf(context.Background(), c, transfer, pictures)
		if err != nil {
			t.Fatal(err)
		}
		w, err := n.way(context.Background(), nst.KeepMaps, plain.Tile)
		if err != nil {
			t.Fatal(err)
		}
		return w.Bytes
	}
	without, most := need(""), int64(8*600*450) // weights of five layers, and for each tile
	if more := need("[region.sky]\nmask = 'm.png'\n") - without; more < 4*(600*450+40*30) || more > most {
		t.Errorf("a region takes %d bytes more, want %d to %d", more, 4*(600*450+40*30), most)
	}
}

// bounded returns a configuration with a bound of memory, of a small VGG-19 with 600 x 450 pixels.
func bounded(t *testing.T, bound, loss string, more ...string) *config.Config {
	t.Helper()
	dir := fixture.Files(t, map[string]string{"c.png": fixture.PNG(t, 40, 30, 0), "s.png": fixture.PNG(t, 32, 32, 0.5), "m.png": fixture.PNG(t, 40, 30, 0)})
	p := &tree.Problems{}
	c := config.Decode(tree.Parse("[images]\ncontent = 'c.png'\nstyle = 's.png'\nsize = 600\n[network]\nname = 'vgg19'\nwidth = 0.1\nweights = 'random'\n[loss.content]\n[loss.style]\nkind = '"+loss+"'\n[optimizer]\nkind = 'adam'\n[run]\nmemory = '"+bound+"'\n"+strings.Join(more, ""), "a.toml", dir, p), p)
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

// The ways begin with the whole picture; tiles take less memory and more work the smaller
// they are. A loss without sums has no tiles, and a bound that would need them is refused
// before the first step with the name of the loss.
func TestWays(t *testing.T) {
	ways, err := Ways(context.Background(), bounded(t, "130 MB", "gram"), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(ways) != 6 || ways[0].Tile != 0 || ways[1].Memory != nst.LowMemory || ways[1].Bytes > ways[0].Bytes {
		t.Fatalf("ways %+v", ways)
	}
	for i, w := range ways[3:] {
		if before := ways[2+i]; w.Tile >= before.Tile || w.Bytes >= before.Bytes || w.Work <= before.Work || w.Work < 1.5 {
			t.Errorf("%+v after %+v", w, before)
		}
	}
	ways, err = Ways(context.Background(), bounded(t, "130 MB", "sliced"), 1)
	if err != nil || len(ways) != 3 || !errors.Is(ways[2].Refused, nst.ErrTiles) || !strings.Contains(ways[2].Refused.Error(), `"style"`) {
		t.Errorf("sliced: %+v, %v: want the whole picture, and why tiles are refused", ways, err)
	}
	_, _, err = Assemble(context.Background(), bounded(t, "130 MB", "sliced"), 1, nil)
	if !errors.Is(err, nst.ErrTiles) || !strings.Contains(err.Error(), `run.memory = "130 MB" is too little for 600 x 450 pixels`) || !strings.Contains(err.Error(), `"style"`) {
		t.Errorf("error %v", err)
	}
}
