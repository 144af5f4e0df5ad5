package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

// fenced returns the code blocks of a document by language.
func fenced(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, block := range strings.Split(string(text), "\n```")[1:] {
		language, code, _ := strings.Cut(block, "\n")
		if language != "" {
			all[language] = code + "\n"
		}
	}
	return all
}

// ownProgram builds a program of the documents in a module of its own, as a user does, and
// returns its path.
func ownProgram(t *testing.T, source string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	own := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	// The versions of the workbench, and the workbench itself from here.
	mod := strings.Replace(read("go.mod"), "module "+module, "module example.org/own", 1)
	mod = mod[:strings.LastIndex(mod, "\ntool ")]
	own("go.mod", mod+"\nrequire "+module+" v0.0.0\nreplace "+module+" => "+filepath.ToSlash(root)+"\n")
	own("go.sum", read("go.sum"))
	own("own.go", source)
	path := filepath.Join(dir, "own.exe")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// A program outside of this module adds a loss: it is swept, killed, resumed to the same
// bytes, and shown like every other.
func TestOwnLoss(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("it builds a program")
	}
	code := fenced(t, "../../docs/own-losses.md")
	dir := bench(t, strings.Replace(code["toml"], "# means.toml", `name = "exp"`, 1))
	contains(t, mustRun(t, exitUsage, dir, "check", "exp.toml"), `exp\.toml:\d+:\d+: .*means`)

	plain := program
	program = ownProgram(t, code["go"])
	defer func() { program = plain }()
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "whole")
	contains(t, mustRun(t, exitDone, dir, "keys", "loss.palette.gain"), `A factor on the means`)
	contains(t, mustRun(t, exitUsage, dir, "check", "exp.toml", "--set", "loss.palette.gain=11"), `gain`, `of at least 0\.1 and at most 10`)
	contains(t, mustRun(t, exitUsage, dir, "check", "exp.toml", "--set", "loss.palette.version=2"), `version`, `expected "?1`)

	more := []string{"sweep", "exp.toml", "--results", "killed", "--set", "run.steps=60"}
	cmd, said := command(t, dir, more...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	underWay(t, filepath.Join(dir, "killed"), 1, result.MetricsFile)
	cmd.Process.Kill()
	if cmd.Wait() == nil {
		t.Logf("it ended before it was killed:\n%s", said)
	}
	mustRun(t, exitDone, dir, append(more, "--isolate")...)
	same(t, files(t, filepath.Join(dir, "killed", "exp")), files(t, filepath.Join(dir, "whole", "exp")))

	e, err := result.Open(filepath.Join(dir, "whole", "exp"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range e.Runs {
		if !strings.Contains(r.Run.Provenance.Program, "in example.org/own") || r.Metrics.Column("palette.scale1") == nil {
			t.Errorf("the program is %q, the columns are %q", r.Run.Provenance.Program, r.Metrics.Columns)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "whole", "exp", result.IndexFile)); err != nil {
		t.Error(err)
	}
	// Results are read without the loss.
	program = plain
	contains(t, mustRun(t, exitDone, dir, "compare", "whole/exp", "--text"), `gain.*palette`)
}

// A program outside of this module launches runs in its own way: the bytes are the same.
func TestOwnLauncher(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("it builds a program")
	}
	dir := bench(t, quick(t))
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "here")
	cmd := exec.Command(ownProgram(t, fenced(t, "../../docs/machines.md")["go"]), "exp.toml")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if want := "2 of 2 runs are done, in results/exp\n"; err != nil || string(out) != want {
		t.Fatalf("said %q, want %q: %v", out, want, err)
	}
	same(t, files(t, filepath.Join(dir, "results", "exp")), files(t, filepath.Join(dir, "here", "exp")))
}
