package plan

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/weights"
)

// presetSettings sets the keys that a preset leaves to the user, at the smallest size.
func presetSettings(dir string, more ...string) []string {
	return append([]string{"images.content=" + filepath.Join(dir, "c.png"), "images.style=" + filepath.Join(dir, "s.png"), "images.size=40"}, more...)
}

func TestPresetsResolve(t *testing.T) {
	for _, p := range Presets() {
		t.Run(p.Name, func(t *testing.T) {
			file := fixture.Project(t, "base = 'preset:"+p.Name+"'\n[run]\nsteps = 7\n")
			dir := filepath.Dir(file)
			var weightless []string
			if p.Weights != "" {
				weightless = []string{"network.weights=random"}
			}
			if p.Name == "crowson" { // stages of 28 and 40 pixels
				weightless = append(weightless, "stages.from=28", "stages.steps=[3, 4]")
			}
			plan, err := Read(file, presetSettings(dir, weightless...)...)
			if err != nil {
				t.Fatal(err)
			}
			c := plan.Runs[0].Config
			checkRoundTrip(t, c)
			if c.Steps() != 7 || plan.Name != "a" || plan.Title != "" {
				t.Errorf("inherited %d steps, name %q and title %q", c.Steps(), plan.Name, plan.Title)
			}
			if !p.Published {
				if p.Weights != "" && p.Name != "fine" { // the only one of ours that wants trained filters
					t.Errorf("it requires the weights %q", p.Weights)
				}
			} else if e, err := weights.Find(p.Weights); err != nil || e.Preprocess != p.Config.Network.Input.Name || p.Config.Network.Weights != "" {
				t.Errorf("it wants the weights %q: %+v, %v", p.Weights, e, err)
			}
			if p.Title == "" || !strings.HasPrefix(p.Text, "# ") {
				t.Error("a preset says what it is")
			}
			itself, err := Read("preset:"+p.Name, presetSettings(dir, append(weightless, "run.steps=7")...)...)
			if err != nil {
				t.Fatal(err)
			}
			if itself.Runs[0].Identity != plan.Runs[0].Identity || itself.Title != p.Title {
				t.Errorf("the preset itself is another run: %s", itself.Runs[0].Config.TOML(""))
			}
		})
	}
}

func TestUnknownPreset(t *testing.T) {
	_, err := Read("preset:kears")
	if want := `preset:kears: found no preset "kears"; expected preset:keras (or another of preset:gatys2015, `; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("said %v, want %s…", err, want)
	}
}
