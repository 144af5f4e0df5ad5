package config

import (
	"slices"
	"strings"
	"testing"
)

const two = "[images]\ncontent = 'c.png'\nstyle = 's.png'\n[loss.content]\n[loss.style]\nweight = 10\n"

// The sizes are those of crowson's program: for 512 from 128 they are 128, 181, 256, 362
// and 512.
func TestStageSizes(t *testing.T) {
	for text, want := range map[string][]int{
		"[images]\nsize = 512\n[stages]\nfrom = 128\n":             {128, 181, 256, 362, 512},
		"[images]\nsize = 1024\n[stages]\nfrom = 128\n":            {128, 181, 256, 362, 512, 724, 1024},
		"[images]\nsize = 500\n[stages]\nfrom = 100\nfactor = 2\n": {125, 250, 500},
		"[images]\nsize = 6\n[stages]\nfrom = 2\nfactor = 1.1\n":   {2, 3, 4, 5, 6},
		"[images]\nsize = 100\n[stages]\nfrom = 100\n":             {100},
		"[images]\nsize = 100\n[stages]\nsizes = [40, 100, 100]\n": {40, 100, 100},
		"[images]\nsize = 100\n":                                   {100},
		"stages = false\n[images]\nsize = 100\n":                   {100},
		"[images]\nsize = 100\n[stages]\nfrom = 0\n":               {100},
	} {
		head, rest, _ := strings.Cut(text, "[images]\n")
		c := decode(t, head+"[images]\ncontent = 'c.png'\nstyle = 's.png'\n"+rest+"[loss.content]\n[loss.style]\n")
		if got := c.stageSizes(); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestStages(t *testing.T) {
	c := decode(t, two+"[run]\nsteps = 7\n[stages]\nsizes = [64, 128, 256]\nrates = [2, 1]\nweights = {style = [1, 0.5]}\n")
	if got := c.StageList(); !slices.Equal(got, []Stage{{64, 7, 2}, {128, 7, 1}, {256, 7, 1}}) || c.Steps() != 21 {
		t.Errorf("stages %v, %d steps", got, c.Steps())
	}
	c = decode(t, two+"[schedule]\nkind = 'cosine'\nwarmup = 10\n[stages]\nsizes = [64, 128, 256]\nsteps = [100, 50]\nweights = {style = [1, 0.5]}\n")
	if c.Steps() != 200 || c.Schedule.Options.(*Cosine).Steps != 190 {
		t.Errorf("%d steps, cosine of %d", c.Steps(), c.Schedule.Options.(*Cosine).Steps)
	}
	c.Images.StyleSize = 101
	for i, want := range []struct {
		size, style, steps int
		weight             float64
	}{{64, 25, 100, 10}, {128, 50, 50, 5}, {256, 101, 50, 5}} {
		d := c.AtStage(i)
		if d.Staged() || d.Images.Size != want.size || d.Images.StyleSize != want.style || d.Run.Steps != want.steps || d.Losses[1].Weight != want.weight {
			t.Errorf("stage %d: %+v", i, d)
		}
	}
	c.Stages.Style = Fixed
	if d := c.AtStage(0); d.Images.StyleSize != 101 {
		t.Errorf("a fixed style of %d", d.Images.StyleSize)
	}
	if c.Images.StyleSize = 0; c.AtStage(0).Images.StyleSize != 256 || c.Losses[1].Weight != 10 {
		t.Errorf("a fixed style of %d, weight %v", c.AtStage(0).Images.StyleSize, c.Losses[1].Weight)
	}
}

// Without stages nothing of them is in the identity, nor written.
func TestNoStagesNoTable(t *testing.T) {
	hash := func(string) string { return "" }
	plain, off := decode(t, two), decode(t, two+"[stages]\nfrom = 0\n")
	if plain.Identity(hash) != off.Identity(hash) || strings.Contains(string(plain.TOML("")), "[stages]") {
		t.Error("a run without stages has a table of them")
	}
	if on := decode(t, two+"[stages]\nfrom = 128\n"); on.Identity(hash) == plain.Identity(hash) {
		t.Error("stages do not change the identity")
	}
}

// A bound of memory is part of the identity, because tiles change the order of additions.
func TestMemoryBound(t *testing.T) {
	hash := func(string) string { return "" }
	plain := decode(t, two)
	for text, want := range map[string]int64{"2 GB": 2 << 30, "1.5GB": 3 << 29, "300 MB": 300 << 20} {
		c := decode(t, two+"[run]\nmemory = '"+text+"'\n")
		if got, ok := c.Run.Memory.Bound(); !ok || got != want || c.Run.Memory.Maps() != "low" || c.Identity(hash) == plain.Identity(hash) {
			t.Errorf("%s: %d bytes, maps %q", text, got, c.Run.Memory.Maps())
		}
	}
	if low := decode(t, two+"[run]\nmemory = 'low'\n"); low.Identity(hash) != plain.Identity(hash) {
		t.Error("memory = low changes the identity")
	}
	for _, text := range []string{"2", "2 TB", "-1 GB", "0 GB", "2 gb", "high"} {
		if _, err := decodeText(two + "[run]\nmemory = '" + text + "'\n"); err == nil || !strings.Contains(err.Error(), `expected default, low, or a bound such as "2 GB"`) {
			t.Errorf("%s: error %v", text, err)
		}
	}
}
