package cmd

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unzip unpacks an archive and gives the one directory in it.
func unzip(t *testing.T, file, to string) string {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if !filepath.IsLocal(f.Name) || f.Modified.Year() != 1980 {
			t.Errorf("%s of %v", f.Name, f.Modified)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(to, f.Name)
		_ = os.MkdirAll(filepath.Dir(path), 0o777)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	dirs, _ := filepath.Glob(filepath.Join(to, "*"))
	if len(dirs) != 1 {
		t.Fatalf("%d things in the archive: %q", len(dirs), dirs)
	}
	return dirs[0]
}

// A bundle has the masks of its run.
func TestBundleMasks(t *testing.T) {
	home := bench(t, quick(t, "[loss.content]", "[loss.content]\nmask = 'fade.png'")+"\n[region.a]\nmask = 'place.png'\nstyle_mask = 'part.png'\n")
	for file, like := range map[string]string{"fade.png": "content.png", "place.png": "content.png", "part.png": "style.png"} {
		copyFile(t, filepath.Join(home, like), filepath.Join(home, file))
	}
	mustRun(t, exitDone, home, "sweep", "exp.toml")
	run := runs(t, filepath.Join(home, "results", "exp"))[0]
	mustRun(t, exitDone, home, "bundle", run, "--to", "masked.zip")
	away := unzip(t, filepath.Join(home, "masked.zip"), t.TempDir())
	for _, file := range []string{"fade.png", "place.png", "part.png", "content.png", "style.png"} {
		if err := os.Remove(filepath.Join(home, file)); err != nil {
			t.Fatal(err)
		}
	}
	mustRun(t, exitDone, away, "sweep", "config.toml")
	made, _ := filepath.Glob(filepath.Join(away, "results", "*", "*", "image.png"))
	if len(made) != 1 || !sameFile(t, made[0], filepath.Join(run, "image.png")) {
		t.Errorf("it made %v, which is not the same picture", made)
	}
}

// A bundle, unpacked elsewhere, makes the run again to the byte.
func TestBundle(t *testing.T) {
	home := bench(t, quick(t, `content = "content.png"`, `content = "a photo/content.png"`))
	if err := os.Mkdir(filepath.Join(home, "a photo"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(home, "content.png"), filepath.Join(home, "a photo", "content.png")); err != nil {
		t.Fatal(err)
	}
	mustRun(t, exitDone, home, "sweep", "exp.toml")
	run := runs(t, filepath.Join(home, "results", "exp"))[0]
	name := filepath.Base(run)
	before := times(t, run)

	contains(t, mustRun(t, exitDone, home, "bundle", run), `^style\.weight=10\d*-\w+\.zip \(\d+ MB\)\n$`)
	same(t, before, times(t, run))
	mustRun(t, exitDone, home, "bundle", run, "--to", "again.zip")
	if !sameFile(t, filepath.Join(home, name+".zip"), filepath.Join(home, "again.zip")) {
		t.Error("packed again, it is not the same bytes")
	}
	contains(t, mustRun(t, exitUsage, home, "bundle", run), `it exists, and a bundle never replaces a file`)

	away := unzip(t, filepath.Join(home, "again.zip"), t.TempDir())
	if filepath.Base(away) != name {
		t.Errorf("it is in %s", away)
	}
	readme, err := os.ReadFile(filepath.Join(away, "README.txt"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(readme), `nst sweep config\.toml`, `content +pictures/content\.png +sha256 [0-9a-f]{64}`, `Licences:`)
	config, err := os.ReadFile(filepath.Join(away, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(config), `content = "pictures/content\.png"`, `style = "pictures/style\.png"`)
	if strings.Contains(string(config), home) {
		t.Errorf("a path of this machine is in it:\n%s", config)
	}
	mustRun(t, exitDone, away, "sweep", "config.toml")
	again := filepath.Join(away, "results", name[:len(name)-9], name) // the same run's name
	for _, file := range []string{"image.png", "metrics.csv", "checkpoint"} {
		if !sameFile(t, filepath.Join(run, file), filepath.Join(again, file)) || !sameFile(t, filepath.Join(run, file), filepath.Join(away, "run", file)) {
			t.Errorf("%s came out otherwise", file)
		}
	}

	mustRun(t, exitDone, home, "tag", "results/exp", name, "--add", "best", "--note", "calm sky")
	mustRun(t, exitDone, home, "bundle", run, "--to", "tagged.zip")
	if readme, err = os.ReadFile(filepath.Join(unzip(t, filepath.Join(home, "tagged.zip"), t.TempDir()), "README.txt")); err != nil {
		t.Fatal(err)
	}
	contains(t, string(readme), `tags +#best\n +note +calm sky\n`)

	// Pictures that have moved are found by their digests; others are not taken for them.
	if err := os.Rename(filepath.Join(home, "a photo", "content.png"), filepath.Join(home, "moved.png")); err != nil {
		t.Fatal(err)
	}
	mustRun(t, exitDone, home, "bundle", run, "--to", "moved.zip")
	copyFile(t, filepath.Join(home, "style.png"), filepath.Join(home, "a photo", "content.png"))
	mustRun(t, exitDone, home, "bundle", run, "--to", "still.zip")
	if !sameFile(t, filepath.Join(home, "moved.zip"), filepath.Join(home, "still.zip")) {
		t.Error("another picture in the place of the one that moved is packed")
	}
	os.Remove(filepath.Join(home, "moved.png"))
	contains(t, mustRun(t, exitUsage, home, "bundle", run, "--to", "x.zip"), `content\.png is not the file that the run was made from`)
	os.Remove(filepath.Join(home, "a photo", "content.png"))
	contains(t, mustRun(t, exitUsage, home, "bundle", run, "--to", "x.zip"), `files that the run was made from are not found`, `images\.content: found`, `NST_PICTURES`)

	contains(t, mustRun(t, exitUsage, home, "bundle", "results/exp", "--to", "x.zip"), `name the directory of one of its runs`)
	contains(t, mustRun(t, exitUsage, home, "bundle", home, "--to", "x.zip"), `is not the directory of a run`)
	if err := os.WriteFile(filepath.Join(run, "metrics.csv"), []byte("step\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	contains(t, mustRun(t, exitUsage, home, "bundle", run, "--to", "x.zip"), `changed by hand: metrics\.csv`)
	left, _ := filepath.Glob(filepath.Join(home, "*x.zip*"))
	hidden, _ := filepath.Glob(filepath.Join(home, ".nst-bundle*"))
	if len(left)+len(hidden) > 0 {
		t.Errorf("something is left of what failed: %q %q", left, hidden)
	}
}

// Weights are named, or packed if asked for. It wants the genuine file.
func TestBundleWeights(t *testing.T) {
	file := os.Getenv("NST_VGG19")
	if file == "" {
		t.Skip("no NST_VGG19")
	}
	home := bench(t, `name = "vgg"
[images]
content = "content.png"
style = "style.png"
size = 32
[network]
name = "vgg19"
weights = "`+file+`"
[loss.style]
layers = ["conv1_1"]
[optimizer]
kind = "adam"
[run]
steps = 2
[log]
yardstick = 0
measures = false
`)
	mustRun(t, exitDone, home, "sweep", "exp.toml")
	run := runs(t, filepath.Join(home, "results", "vgg"))[0]
	name := regexp.QuoteMeta(filepath.Base(file))
	contains(t, mustRun(t, exitDone, home, "bundle", run, "--to", "thin.zip"), `not packed: `+name)
	thin := unzip(t, filepath.Join(home, "thin.zip"), t.TempDir())
	contains(t, mustRun(t, exitUsage, thin, "check", "config.toml"), `network\.weights: found .*`+name)
	readme, err := os.ReadFile(filepath.Join(thin, "README.txt"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(readme), `weights +weights/`+name+` +sha256 [0-9a-f]{64}`, `put a file with that digest into weights/`)
	// The same file in weights/, and it runs; likewise from the picture.
	copyFile(t, file, filepath.Join(thin, "weights", filepath.Base(file)))
	mustRun(t, exitDone, thin, "sweep", "config.toml")
	mustRun(t, exitDone, thin, "check", "run/image.png")

	if said := mustRun(t, exitDone, home, "bundle", run, "--to", "whole.zip", "--weights"); strings.Contains(said, "not packed") {
		t.Errorf("it said %q", said)
	}
	mustRun(t, exitDone, unzip(t, filepath.Join(home, "whole.zip"), t.TempDir()), "check", "config.toml")
}
