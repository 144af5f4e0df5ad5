package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/tree"
)

// A bound chooses the largest tiles that keep to it, and one that nothing keeps to is
// refused with the numbers.
func TestFit(t *testing.T) {
	dir := fixture.Files(t, map[string]string{"c.png": fixture.PNG(t, 40, 30, 0), "s.png": fixture.PNG(t, 32, 32, 0.5)})
	tile := func(bound string) (int, error) {
		p := &tree.Problems{}
		c := config.Decode(tree.Parse("[images]\ncontent = 'c.png'\nstyle = 's.png'\nsize = 600\n[network]\nname = 'vgg19'\nwidth = 0.1\nweights = 'random'\n[loss.content]\n[loss.style]\n[optimizer]\nkind = 'adam'\n[run]\nmemory = '"+bound+"'\n", "a.toml", dir, p), p)
		if err := p.Err(); err != nil {
			t.Fatal(err)
		}
		transfer, _, err := Assemble(context.Background(), c, 1, nil)
		if err != nil {
			return 0, err
		}
		return transfer.Tile, nil
	}
	last := 10000
	for _, bound := range []string{"4 GB", "280 MB", "262 MB"} {
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
	if _, err := tile("210 MB"); err == nil || !strings.Contains(err.Error(), `run.memory = "210 MB" is too little for 600 x 450 pixels`) {
		t.Errorf("error %v", err)
	}
}
