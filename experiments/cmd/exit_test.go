package cmd

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A mistake of the user gives the status 2, a failure of the disk or the network 1.
func TestExitStatuses(t *testing.T) {
	dir := bench(t, quick(t))
	mustRun(t, exitDone, dir, "sweep", "exp.toml")
	run, err := filepath.Rel(dir, runs(t, filepath.Join(dir, "results", "exp"))[0])
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	// A link that leads to itself cannot be opened, not even by root.
	loop := func(name string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Base(path), path); err != nil {
			t.Skip(err)
		}
	}
	write("not.toml", "name = ")
	write("damaged/plan.toml", "format = 1\nname = [")
	write("newer/plan.toml", "format = 99\n")
	write("cut.png", "\x89PNG\r\n\x1a\n\x00\x00")
	write("words.h5", "no weights")
	write("cut.h5", "\x89HDF\r\n\x1a\n")
	loop("loop.toml")
	loop("loop.png")
	loop("loop.h5")
	loop("looped/plan.toml")
	loop("elsewhere/exp")
	loop("page.html/x")
	for _, c := range []struct {
		status int
		args   string
	}{
		{exitUsage, "sweep"},
		{exitUsage, "sweep nowhere.toml"},
		{exitUsage, "sweep not.toml"},
		{exitUsage, "sweep exp.toml --jobs -1"},
		{exitFailed, "sweep loop.toml"},
		{exitFailed, "sweep exp.toml --results elsewhere"},
		{exitUsage, "check not.toml"},
		{exitFailed, "check loop.toml"},
		{exitUsage, "check loop.toml not.toml"},
		{exitUsage, "plan nowhere.toml"},
		{exitFailed, "plan loop.toml"},
		{exitUsage, "explain exp.toml --run nobody"},
		{exitFailed, "explain loop.toml"},
		{exitUsage, "report nowhere"},
		{exitUsage, "report newer"},
		{exitFailed, "report damaged"},
		{exitFailed, "report looped"},
		{exitUsage, "compare results/exp --out page.txt"},
		{exitUsage, "compare results/exp --out no/where/page.html"},
		{exitUsage, "compare results/exp --text --sort beauty"},
		{exitUsage, "compare nowhere --text"},
		{exitFailed, "compare looped --out all.html"},
		{exitFailed, "compare looped --text"},
		{exitUsage, "status nowhere"},
		{exitFailed, "status looped"},
		{exitUsage, "export csv results/exp"},
		{exitUsage, "export csv nowhere --to t"},
		{exitFailed, "export csv looped --to t"},
		{exitFailed, "export jsonl results/exp --to page.html/x/y"},
		{exitUsage, "export tensorboard nowhere --to t"},
		{exitFailed, "export tensorboard looped --to t"},
		{exitUsage, "export wandb nowhere --to t"},
		{exitFailed, "export wandb looped --to t"},
		{exitUsage, "export mlflow results/exp --to nowhere"},
		{exitFailed, "export mlflow looped --to http://127.0.0.1:1"},
		{exitUsage, "bundle results/exp"},
		{exitUsage, "bundle nowhere"},
		{exitUsage, "bundle " + run + " --to exp.toml"},
		{exitFailed, "bundle " + run + " --to page.html/x/y.zip"},
		{exitUsage, "show exp.toml"},
		{exitUsage, "show content.png"},
		{exitUsage, "show nowhere.png"},
		{exitFailed, "show cut.png"},
		{exitFailed, "show loop.png"},
		{exitUsage, "weights check words.h5"},
		{exitUsage, "weights check nowhere.h5"},
		{exitFailed, "weights check cut.h5"},
		{exitFailed, "weights check loop.h5"},
		{exitUsage, "weights convert words.h5 out.safetensors"},
		{exitUsage, "weights convert words.h5 out.h5"},
		{exitUsage, "weights convert words.h5 exp.toml"},
		{exitFailed, "weights convert loop.h5 out.safetensors"},
		{exitUsage, "weights fetch nobodys"},
		{exitUsage, "serve nowhere"},
		{exitUsage, "serve results --addr nonsense"},
		{exitFailed, "serve results --addr 127.0.0.1:99999"},
		{exitDone, "work results/exp " + filepath.Base(run)},
		{exitUsage, "work results/exp nobody"},
		{exitUsage, "work nowhere nobody"},
		{exitUsage, "work results/exp ../exp"},
		{exitFailed, "work looped nobody"},
		{exitUsage, "layers resnet"},
		{exitUsage, "presets nobodys"},
		{exitUsage, "bench --network resnet"},
		{exitUsage, "dance"},
	} {
		got, said := execute(t, dir, strings.Fields(c.args)...)
		if got != c.status {
			t.Errorf("nst %s: exit status %d, want %d\n%s", c.args, got, c.status, said)
		}
		for _, prefix := range []string{"nst: nst: ", ": experiments: ", ": result: ", ": report: ", ": export: "} {
			if strings.Contains(said, prefix) {
				t.Errorf("nst %s: a prefix too many in %s", c.args, said)
			}
		}
	}
	for _, c := range []struct{ file, says string }{
		{"a\nb.toml", `found a control character in the argument "a\nb.toml"`},
		{"\x1b[31m.toml", `found a control character in the argument "\x1b[31m.toml"`},
	} {
		if status, said := execute(t, dir, "check", c.file); status != exitUsage || !strings.Contains(said, c.says) {
			t.Errorf("check %q: %d\n%s", c.file, status, said)
		}
	}
	for setting, says := range map[string]string{"x\n\x1b=1": `"--set x\n\x1b=1": `, "title=\x1b[31m\nx": ""} {
		if _, said := execute(t, dir, "check", "exp.toml", "--set", setting); !strings.Contains(said, says) || strings.Contains(said, "\x1b") {
			t.Errorf("--set %q: %q", setting, said)
		}
	}
	if status, said := execute(t, dir, "sweep", "exp.toml", "--results", "\x1b[31m/x"); status != exitUsage || strings.Contains(said, "\x1b") {
		t.Errorf("--results with an escape: %d, %q", status, said)
	}
	for _, c := range []struct{ args, says string }{
		{"sweep exp.toml --results ", "--results: found an empty name"},
		{"check ", "found an empty argument"},
		{"paint a.png b.png --preset ", "--preset: found an empty name"},
		{"sweep exp.toml --jobs 1.5", `"1.5" for "--jobs" flag: expected a whole number; `},
		{"sweep exp.toml --threads 99999999999999999999", "expected a whole number that is not so large"},
		{"sweep exp.toml --retry=maybe", "expected true or false"},
	} {
		if status, said := execute(t, dir, strings.Split(c.args, " ")...); status != exitUsage || !strings.Contains(said, c.says) || strings.Contains(said, "strconv") {
			t.Errorf("nst %s: %d\n%s", c.args, status, said)
		}
	}
	if runtime.GOOS == "linux" {
		if status, said := execute(t, dir, "check", "/proc/self/mem"); status != exitFailed {
			t.Errorf("a configuration that cannot be read: %d\n%s", status, said)
		}
	}
}

// A symbolic link that leads to nothing is named, whatever the system says of it.
func TestDeadLinks(t *testing.T) {
	dir := bench(t, quick(t))
	if err := os.Symlink("gone", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "based.toml"), []byte("base = 'link'\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"sweep exp.toml --results link", "sweep exp.toml --results link/deeper", "report link", "check link", "check exp.toml --set images.content=link",
		"check based.toml", "check exp.toml --set network.name=vgg19 --set network.weights=link", "weights check link", "paint link style.png", "show link",
	} {
		if status, said := execute(t, dir, strings.Fields(args)...); status != exitUsage || strings.Count(said, "link is a link to gone, which does not exist") != 1 {
			t.Errorf("nst %s: %d\n%s", args, status, said)
		}
	}
}

// Web addresses are no paths, and messages say so, also if a directory was put before one.
func TestWebAddresses(t *testing.T) {
	dir := bench(t, quick(t))
	for _, args := range []string{
		"check exp.toml --set images.content=https://example.org/a.png", "check https://example.org/a.toml", "paint https://example.org/a.png style.png",
		"check exp.toml --set network.name=vgg19 --set network.weights=http://example.org/w.safetensors", "weights check https://example.org/w.pth",
		"init https://example.org/a.png style.png",
	} {
		if status, said := execute(t, dir, strings.Fields(args)...); status != exitUsage || strings.Count(said, "a web address: download the file") != 1 {
			t.Errorf("nst %s: %d\n%s", args, status, said)
		}
	}
}
