//go:build linux || windows

package cmd

import (
	"os"
	"path/filepath"
	"testing"
)

// A run that no machine has the memory for is refused before anything is written, and by
// a process that a launcher starts.
func TestRefusedForMemory(t *testing.T) {
	dir := bench(t, `name = "exp"
[images]
content = "content.png"
style = "style.png"
size = 60000
max_pixels = 10_000_000_000
[loss.content]
[loss.style]
[run]
steps = 1
`)
	contains(t, mustRun(t, exitUsage, dir, "sweep", "exp.toml"), `^nst: the run exp-\w+ needs about \d+\.\d GB of memory, and the system has`, `images\.size = \d+`, `--force`)
	if _, err := os.Stat(filepath.Join(dir, "results")); err == nil {
		t.Error("the refused sweep left a directory")
	}
	contains(t, mustRun(t, exitFailed, dir, "sweep", "exp.toml", "--isolate"), `(?s)1 failed:.*exp-\w+: .*needs about \d+\.\d GB of memory`)
}
