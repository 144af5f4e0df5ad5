package cmd

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// program is the command that the tests start and kill: the test binary itself,
// which is the command when it is asked to be. Under the race detector it is a
// plain build of it, several times as fast; there, races are looked for by the
// tests that run in this process.
var program, _ = os.Executable()

func TestMain(m *testing.M) {
	if os.Getenv("NST_BE_THE_COMMAND") != "" {
		Main()
	}
	os.Exit(func() int {
		if raceDetector {
			dir, err := os.MkdirTemp("", "nst-test-*")
			if err != nil {
				panic(err)
			}
			defer os.RemoveAll(dir)
			program = filepath.Join(dir, "nst.exe")
			build := exec.Command("go", "build", "-o", program, "./nst")
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				panic(fmt.Sprintf("go build: %v\n%s", err, out))
			}
		}
		return m.Run()
	}())
}

// command prepares a process of nst with these arguments, working in dir.
func command(t *testing.T, dir string, args ...string) (*exec.Cmd, *output) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NST_BE_THE_COMMAND=1")
	out := new(output)
	cmd.Stdout, cmd.Stderr = out, out
	apart(cmd)
	return cmd, out
}

// output is what a process has said so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// execute runs the command to its end and gives its exit status and what it said.
func execute(t *testing.T, dir string, args ...string) (int, string) {
	t.Helper()
	cmd, out := command(t, dir, args...)
	err := cmd.Run()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// mustRun is execute where only that exit status will do.
func mustRun(t *testing.T, want int, dir string, args ...string) string {
	t.Helper()
	got, out := execute(t, dir, args...)
	if got != want {
		t.Fatalf("nst %s: exit status %d, want %d\n%s", strings.Join(args, " "), got, want, out)
	}
	return out
}

// bench is a directory with two pictures and a configuration in it.
func bench(t *testing.T, configuration string) string {
	t.Helper()
	dir := t.TempDir()
	picture(t, filepath.Join(dir, "content.png"), func(x, y float64) (r, g, b float64) {
		return 0.5 + 0.4*math.Sin(7*x), y, 0.5 + 0.4*math.Cos(5*x*y)
	})
	picture(t, filepath.Join(dir, "style.png"), func(x, y float64) (r, g, b float64) {
		return 0.5 + 0.5*math.Sin(40*x+3*y), 0.5 + 0.5*math.Sin(25*y), 0.3
	})
	if err := os.WriteFile(filepath.Join(dir, "exp.toml"), []byte(configuration), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

func picture(t *testing.T, path string, f func(x, y float64) (r, g, b float64)) {
	t.Helper()
	const w, h = 40, 32
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			r, g, b := f(float64(x)/w, float64(y)/h)
			m.SetRGBA(x, y, color.RGBA{uint8(255 * r), uint8(255 * g), uint8(255 * b), 255})
		}
	}
	var data bytes.Buffer
	if err := png.Encode(&data, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// slowTwo is an experiment of two runs, of half a second or more each.
const slowTwo = `name = "exp"
[images]
content = "content.png"
style = "style.png"
size = 24
[network]
levels = 3
filters = 16
[loss.content]
layers = ["scale2"]
[loss.style]
weight = 100
layers = ["scale1", "scale2", "scale3"]
[optimizer]
kind = "adam"
[schedule]
rate = 0.02
[run]
steps = 400
[log]
every = 3
frames = 40
checkpoint_seconds = 0.05
[sweep.axes]
"loss.style.weight" = [10, 100]
`
