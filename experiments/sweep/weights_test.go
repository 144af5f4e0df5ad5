package sweep

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/internal/planned"
)

// A run says what was odd about it, in its run.json.
func TestForwardChecksumInTheRecord(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "w.safetensors")
	fixture.PutFile(t, file, fixture.FirstLayer(t, "vgg19-torchvision", false))
	defer fixture.Remove(t, file)
	p := planned.Of(t, fixture.OnVGG19+"weights = '"+file+"'\npreprocess = 'caffe'\n[run]\nsteps = 1\n")
	sum, err := Run(t.Context(), p, Options{Results: dir, Jobs: 1, Threads: 1})
	if err != nil || sum.Made != 1 {
		t.Fatal(sum, err)
	}
	text, err := os.ReadFile(filepath.Join(sum.Dir, p.Runs[0].Name, "run.json"))
	if err != nil || !strings.Contains(string(text), "trained with preprocess") {
		t.Errorf("run.json: %s %v", text, err)
	}
}
