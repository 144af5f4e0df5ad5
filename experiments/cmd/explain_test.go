package cmd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func say(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if got := run(context.Background(), args, strings.NewReader(""), &out, &errs); got != want {
		t.Fatalf("nst %s: status %d, want %d: %s", strings.Join(args, " "), got, want, errs.String())
	}
	return out.String() + errs.String()
}

func TestPresetsCommand(t *testing.T) {
	list := say(t, exitDone, "presets")
	for _, want := range []string{"keras ", "the Keras example", `base = "preset:keras"`, "4000"} {
		if !strings.Contains(list, want) {
			t.Errorf("no %q in\n%s", want, list)
		}
	}
	if text := say(t, exitDone, "presets", "keras"); !strings.HasPrefix(text, "# The Keras example") {
		t.Errorf("said\n%s", text)
	}
	if text := say(t, exitUsage, "presets", "karas"); !strings.Contains(text, "expected preset:keras") {
		t.Errorf("said %s", text)
	}
}

// A run says in its configuration what a share came to, and is found done again.
func TestSweepWithShare(t *testing.T) {
	dir := bench(t, quick(t))
	t.Chdir(dir)
	args := []string{"sweep", "exp.toml", "--set", "loss.style.share=0.6"}
	say(t, exitDone, args...)
	files, _ := filepath.Glob("results/exp/*/config.toml")
	if len(files) == 0 {
		t.Fatal("no run")
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil || !regexp.MustCompile(`(?m)^share = 0\.6 # weight = \d`).Match(text) {
			t.Errorf("%s does not say what the share came to:\n%s %v", f, text, err)
		}
	}
	if again := say(t, exitDone, args...); !strings.Contains(again, "done") {
		t.Errorf("asked again:\n%s", again)
	}
}

func TestExplainCommand(t *testing.T) {
	dir := t.TempDir()
	photo, painting := filepath.Join(dir, "a.png"), filepath.Join(dir, "b.png")
	picture(t, photo, func(x, y float64) (r, g, b float64) { return x, y, x * y })
	picture(t, painting, func(x, y float64) (r, g, b float64) { return y * y, 1 - x, x })
	args := []string{"explain", "preset:keras", "--set", "images.content=" + photo, "--set", "images.style=" + painting,
		"--set", "images.size=32", "--set", "network.weights=random", "--set", "network.width=0.25", "--set", `sweep.axes."loss.tv.share"=[0.5, 0.25]`}
	text := say(t, exitDone, append(args, "--run", "tv.share=0.25")...)
	for _, want := range []string{" pixels, starts from the content (one of 2 runs", "block5_conv2",
		"share 0.25: ", "25.0 %", "A LITTLE ON", "64:16:4:1:1", "keras"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	// One preset has VGG-16.
	if note := "Numbers of another network do not compare"; strings.Count(text, note) != 1 {
		t.Errorf("not one %q in\n%s", note, text)
	}
	text = say(t, exitDone, "explain", "../../configs/quickstart.toml", "--set", "images.size=32")
	for _, want := range []string{"NETWORK", "this run         oriented  ", "keras            vgg19     ", "This run's network is oriented. Numbers of another network do not compare"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if text := say(t, exitUsage, append(args, "--run", "other")...); !strings.Contains(text, "no run's name begins with other") {
		t.Errorf("said %s", text)
	}
}
