package report

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/result"
)

// A browser runs the page's script, under the page's own policy, and has nothing
// to complain of.
func TestBrowser(t *testing.T) {
	chromium := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			chromium = path
			break
		}
	}
	switch {
	case testing.Short():
		t.Skip("a browser takes its time")
	case chromium == "" && os.Getenv("CI") != "":
		t.Fatal("no Chromium, and this is CI: .ci/run installs it")
	case chromium == "":
		t.Skip("no Chromium: the page's script is not run")
	}
	for name, curves := range map[string]int{"six": 6, "hostile": 8, "waiting": 0} {
		dir := t.TempDir()
		pageOf(t, dir, studies()[name])
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		c := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
			"--disable-component-update", "--disable-sync", "--no-first-run", "--user-data-dir="+t.TempDir(), "--enable-logging=stderr",
			"--virtual-time-budget=2000", "--dump-dom", "file://"+filepath.Join(dir, result.IndexFile))
		var out, errs bytes.Buffer
		c.Stdout, c.Stderr = &out, &errs
		must(t, c.Run())
		for line := range strings.Lines(errs.String()) {
			if strings.Contains(line, "CONSOLE") {
				t.Errorf("%s: %s", name, line)
			}
		}
		page := out.String()
		if n := strings.Count(page, "<path"); n != curves {
			t.Errorf("%s: %d curves and crosses drawn, want %d", name, n, curves)
		}
		if strings.Count(page, "<script") != 2 || strings.Contains(page, "<img src=\"x\"") {
			t.Errorf("%s: markup from the directory became markup of the page", name)
		}
	}
}
