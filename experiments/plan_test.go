package experiments

import (
	"os"
	"path/filepath"
	"testing"
)

// write puts files into a fresh directory and gives its path.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSmoke(t *testing.T) {
	dir := write(t, map[string]string{"a.toml": `
[images]
content = "c.png"
style = "s.png"
[loss.content]
[loss.style]
weight = 1e3
[sweep.axes]
loss.style.weight = [1, 1e3]
optimizer = {adam = {kind = "adam"}, lbfgs = {}}
`, "c.png": "c", "s.png": "s"})
	p, err := ReadPlan(filepath.Join(dir, "a.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Runs {
		t.Log(r.Name, r.Values)
	}
	t.Logf("%s", p.Runs[0].Config.TOML(dir))
}
