package cmd

import (
	"strings"
	"testing"

	"github.com/gonst/workbench/nst"
)

// TestPrecisionNotHere: without AMX its precisions are refused, with the line at fault,
// before anything runs; never is another one used in silence.
func TestPrecisionNotHere(t *testing.T) {
	t.Setenv("NST_ISA", "portable")
	for _, p := range []string{"bf16", "bf16x3"} {
		out := mustRun(t, exitUsage, t.TempDir(), "bench", "--precision", p)
		if !strings.Contains(out, "AMX") || !strings.Contains(out, "float32") {
			t.Errorf("bench --precision %s: no word of AMX, or of what would do:\n%s", p, out)
		}
		dir := bench(t, `images = {content = "content.png", style = "style.png", size = 32}
[network]
name = "vgg19"
width = 0.1
precision = "`+p+`"
[loss.style]
kind = "gram"
`)
		out = mustRun(t, exitUsage, dir, "check", "exp.toml")
		for _, want := range []string{"exp.toml:5", "network.precision", "AMX", "float32"} {
			if !strings.Contains(out, want) {
				t.Errorf("check: no %q in\n%s", want, out)
			}
		}
	}
}

// TestPrecision runs what the machine has.
func TestPrecision(t *testing.T) {
	for _, p := range nst.Precisions() {
		if err := p.Err(); err != nil {
			t.Logf("not run: %v", err)
			continue
		}
		dir := bench(t, `images = {content = "content.png", style = "style.png", size = 40}
run = {steps = 2}
[network]
name = "vgg19"
width = 0.1
precision = "`+string(p)+`"
[loss.style]
kind = "gram"
`)
		mustRun(t, exitDone, dir, "sweep", "exp.toml")
	}
}
