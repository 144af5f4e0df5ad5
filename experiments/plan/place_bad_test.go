package plan

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/nst"
)

// TestBadColour: mistakes in [colour].
func TestBadColour(t *testing.T) {
	badPlace(t, map[string]string{
		"keep = 'hue'":                        `:8:8: colour.keep: found the text "hue"; expected one of none, luminance, histogram, mean-covariance`,
		"space = 'lab'":                       `:8:1: colour.space: found a key that needs keep = "luminance"; expected keep = "luminance", or no space`,
		"keep = 'luminance'\nspace = 'rgb'":   `:9:9: colour.space: found the text "rgb"; expected one of bt601, lab, linear`,
		"keep = 'histogram'\nwhen = 'during'": `:9:8: colour.when: found the text "during"; expected one of before, after`,
	}, fixture.Pictures+"[loss.content]\n[loss.style]\n[colour]\n")
	badPlace(t, map[string]string{
		"[colour]\nkeep = 'luminance'": `:1:1: images.content: found no content image, but colour.keep needs one; expected content = "picture.png" in [images]`,
	}, "[images]\nstyle = 's.png'\n[loss.style]\n[start]\nfrom = 'noise'\n")
}

// badPlace checks the error of each text, laid behind a good configuration. DIR stands for
// the directory.
func badPlace(t *testing.T, texts map[string]string, good string) {
	t.Helper()
	for text, want := range texts {
		file := fixture.Project(t, good+text+"\n")
		badIn(t, file, text, want)
	}
}

// place has a picture of 40 x 30 pixels and masks: m.png fits; square.png does not; black.png
// is black; labels.png is red on its left half and blue on its right.
func place(t *testing.T, text string) string {
	t.Helper()
	file := fixture.Project(t, text)
	for name, m := range map[string]*nst.Image{
		"m.png": grey(80, 60, func(x, y int) float32 { return float32(x) / 80 }), "square.png": grey(50, 50, func(int, int) float32 { return 1 }),
		"black.png": nst.NewImage(40, 30), "spot.png": grey(40, 30, func(x, y int) float32 { return float32(1 - min(x, 1)) }),
		"labels.png": halves(40, 30),
	} {
		if err := m.Save(filepath.Join(filepath.Dir(file), name)); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func grey(w, h int, f func(x, y int) float32) *nst.Image {
	m := nst.NewImage(w, h)
	for i := range m.Pix {
		m.Pix[i] = f(i%w, i/w%h)
	}
	return m
}

func halves(w, h int) *nst.Image {
	m := nst.NewImage(w, h)
	for i := range w * h {
		if i%w < w/2 {
			m.Pix[i] = 1
		} else {
			m.Pix[2*w*h+i] = 1
		}
	}
	return m
}

const goodPlace = fixture.Pictures + "[loss.content]\n[loss.style]\n" // lines 1 to 6

// TestBadRegions: mistakes in regions and masks name the file and what is accepted.
func TestBadRegions(t *testing.T) {
	for text, want := range map[string]string{
		"[region.sky]":                                          `:7:1: region.sky.mask: found a region without a mask; expected mask = "picture.png", white where the region is`,
		"[region]\nsky = 3":                                     `:8:7: region.sky: found the number 3; expected a table: [region.sky], or false for no such region`,
		"[region.sky]\nmask = 'none.png'":                       `:8:8: region.sky.mask: found DIR/none.png: no such file or directory; expected a PNG, JPEG, WebP or TIFF file that can be read; paths are relative to the file that they stand in, those of --set to the working directory`,
		"[region.sky]\nmask = 'square.png'":                     `:8:8: region.sky.mask: found DIR/square.png: a mask of 50 x 50 pixels for c.png, whose proportions are 512 x 384; expected a mask of these proportions, in any size`,
		"[region.sky]\nmask = 'black.png'":                      `:8:8: region.sky.mask: found DIR/black.png: a mask that is black everywhere; expected a picture that is white, or at least grey, where the mask counts`,
		"[region.sky]\nmask = 'm.png'\nlabel='red'":             `:9:7: region.sky.label: found the text "red"; expected a colour as "#ff0000"`,
		"[region.sky]\nmask = 'labels.png'\nlabel='#00ff00'":    `:8:8: region.sky.mask: found DIR/labels.png: the label #00ff00, which does not occur; expected one of #0000ff, #ff0000`,
		"[region.sky]\nmask = 'm.png'\nlosses = 'content'":      `:9:10: region.sky.losses: found no style loss "content"; expected style`,
		"[region.sky]\nmask = 'm.png'\nlayers = 'scale9'":       `:9:10: region.sky.layers: found the layer "scale9", which its losses do not read; expected scale1 (or another of scale1, scale2, scale3, scale4, scale5)`,
		"[region.sky]\nmask = 'm.png'\nstyle_label = '#00ff00'": `:9:1: region.sky.style_label: found a key that needs style_mask; expected style_mask, or no style_label`,
		"[region.sky]\nmask = 'm.png'\nstyle_mask = 'm.png'":    `:9:14: region.sky.style_mask: found DIR/m.png: a mask of 80 x 60 pixels for s.png, whose proportions are 512 x 512; expected a mask of these proportions, in any size`,
		"[region.sky]\nmask = 'spot.png'\nrule = 'inside'":      `:8:8: region.sky.mask: found DIR/spot.png: no position lies inside the mask: layer scale1 of 32 x 24 positions; expected rule = "simple", a larger mask or picture, or shallower layers`,
		"mask = 'm.png'\n[region.sky]\nmask = 'm.png'":          `:7:8: loss.style.mask: found a mask of a loss that regions divide; expected no mask here, or losses in the regions that do not name style`,
		"label = '#ff0000'":                                     `:7:9: loss.style.label: found a key that needs mask; expected mask, or no label`,
		"mask = 'square.png'":                                   `:7:8: loss.style.mask: found DIR/square.png: a mask of 50 x 50 pixels for c.png, whose proportions are 512 x 384; expected a mask of these proportions, in any size`,
	} {
		badIn(t, place(t, goodPlace+text+"\n"), text, want)
	}
	badIn(t, place(t, "[images]\ncontent = 'c.png'\n[loss.style]\n[region.sky]\nmask = 'm.png'\n"), "no style",
		`:4:1: region.sky.style: found a region without a style; expected style = "picture.png" here, or in [images] for all regions`)
}

func badIn(t *testing.T, file, text, want string) {
	t.Helper()
	_, err := Read(file)
	if err == nil {
		t.Errorf("no error for\n%s", text)
		return
	}
	got := fixture.Unixly(strings.ReplaceAll(err.Error(), file, ""))
	if got = strings.ReplaceAll(got, filepath.Dir(file), "DIR"); got != want {
		t.Errorf("%s\nsaid\n%s\nwant\n%s", text, got, want)
	}
}

// TestMasksAreIdentity: the bytes of a mask, its label and its rule decide the identity, and
// a run without them has the identity of before.
func TestMasksAreIdentity(t *testing.T) {
	ids := map[string]string{}
	for _, text := range []string{
		"", "mask = 'm.png'", "mask = 'labels.png'", "mask = 'labels.png'\nlabel = '#ff0000'", "mask = 'labels.png'\nlabel = '#0000ff'",
		"mask = 'm.png'\nrule = 'all'", "[region.a]\nmask = 'm.png'", "[region.a]\nmask = 'm.png'\nweight = 2", "style = 'c.png'",
		"[region.a]\nmask = 'm.png'\nstyle = 'c.png'", "[region.a]\nmask = 'm.png'\nstyle_mask = 'square.png'",
	} {
		file := place(t, goodPlace+text+"\n")
		p, err := Read(file)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		id := p.Runs[0].Identity
		if other, twice := ids[id]; twice {
			t.Errorf("one identity for\n%s\nand\n%s", text, other)
		}
		ids[id] = text
		again := filepath.Join(filepath.Dir(file), "again.toml")
		fixture.PutFile(t, again, string(p.Runs[0].Config.TOML(filepath.Dir(file))))
		if q, err := Read(again); err != nil || q.Runs[0].Identity != id {
			t.Errorf("%s: read back: %v, another identity", text, err)
		}
	}
}
