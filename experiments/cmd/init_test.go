package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/plan"
)

// nst init writes a configuration that is accepted, for any preset and any names of
// files, and overwrites nothing.
func TestInit(t *testing.T) {
	dir := bench(t, "")
	odd := filepath.Join(dir, "an \"odd\" (1) #ü.png")
	copyFile(t, filepath.Join(dir, "content.png"), odd)
	mustRun(t, exitDone, dir, "init", odd, "style.png", "content.png", "-o", "try.toml")
	text, _ := os.ReadFile(filepath.Join(dir, "try.toml"))
	uncommented := strings.NewReplacer("# [sweep.axes]", "[sweep.axes]", "# \"loss", "\"loss").Replace(string(text))
	if err := os.WriteFile(filepath.Join(dir, "sweep.toml"), []byte(uncommented), 0o666); err != nil {
		t.Fatal(err)
	}
	for file, runs := range map[string]int{"try.toml": 1, "sweep.toml": 2} {
		p, err := plan.Read(filepath.Join(dir, file))
		if err != nil || len(p.Runs) != runs || len(p.Runs[0].Config.Images.Style) != 2 || !sameFile(t, p.Runs[0].Config.Images.Content, odd) {
			t.Fatalf("%s: %+v, %v in\n%s", file, p, err, text)
		}
	}
	mustRun(t, exitUsage, dir, "init", odd, "style.png", "-o", "try.toml")
	mustRun(t, exitUsage, dir, "init", odd, "style.png", "-o", "try.txt")
	mustRun(t, exitUsage, dir, "init", odd, "nowhere.png")
	mustRun(t, exitUsage, dir, "init", odd, "style.png", "-o", "x.toml", "--preset", "nowhere")
	if now, _ := os.ReadFile(filepath.Join(dir, "try.toml")); string(now) != string(text) {
		t.Error("try.toml was changed")
	}
	for _, preset := range plan.Presets() {
		file := preset.Name + ".toml"
		pictures := []string{"content.png", "style.png"}
		if content, style := preset.Reads(); !content {
			pictures = pictures[1:]
		} else if !style {
			pictures = pictures[:1]
			mustRun(t, exitUsage, dir, "init", "content.png", "style.png", "-o", file, "--preset", preset.Name)
		}
		mustRun(t, exitDone, dir, append([]string{"init", "-o", file, "--preset", preset.Name}, pictures...)...)
		settings := []string{}
		if preset.Weights != "" {
			settings = append(settings, "network.weights=random")
		}
		p, err := plan.Read(filepath.Join(dir, file), settings...)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		for i, l := range p.Runs[0].Config.Losses {
			if l.Weight != preset.Config.Losses[i].Weight {
				t.Errorf("%s: %s weighs %v, in the preset %v", file, l.Name, l.Weight, preset.Config.Losses[i].Weight)
			}
		}
	}
}
