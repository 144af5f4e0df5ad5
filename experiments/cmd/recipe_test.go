package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

// runs lists the directories of an experiment's published runs.
func runs(t *testing.T, experiment string) []string {
	t.Helper()
	records, _ := filepath.Glob(filepath.Join(experiment, "*", "run.json"))
	if len(records) == 0 {
		t.Fatalf("no run in %s", experiment)
	}
	for i := range records {
		records[i] = filepath.Dir(records[i])
	}
	return records
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o777)
	}
	if err == nil {
		err = os.WriteFile(to, data, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func sameFile(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(x, y)
}

// A picture that is sent elsewhere runs again there, to the same bytes.
func TestPictureRunsAgain(t *testing.T) {
	home := bench(t, quick(t, "frames = 40", "frames = 3"))
	mustRun(t, exitDone, home, "sweep", "exp.toml")
	run := runs(t, filepath.Join(home, "results", "exp"))[0]
	picture := filepath.Join(run, "image.png")

	recipe, err := result.ReadRecipe(picture)
	if err != nil {
		t.Fatal(err)
	}
	record, err := result.ReadRun(run)
	if err != nil {
		t.Fatal(err)
	}
	if recipe.ID != record.ID || recipe.Numerical != record.Provenance.Numerical {
		t.Errorf("the picture is of run %s (%s), its directory of %s (%s)", recipe.ID, recipe.Numerical, record.ID, record.Provenance.Numerical)
	}
	said := mustRun(t, exitDone, home, "show", picture)
	contains(t, said, `# content: content\.png, \d+ bytes, sha256 [0-9a-f]{64}`, `\[optimizer\]`, `weight = 10\.0`)
	if strings.Contains(said, home) || strings.Contains(said, "[log]") {
		t.Errorf("the picture tells of this machine, or of logging:\n%s", said)
	}

	away := t.TempDir()
	copyFile(t, picture, filepath.Join(away, "gift.png"))
	copyFile(t, filepath.Join(run, "frames", "000003.png"), filepath.Join(away, "half.png"))

	// Nothing is found: it says what to look for, where, and what else would do.
	said = mustRun(t, exitUsage, away, "sweep", "gift.png")
	contains(t, said, `gift\.png:\d+.*images\.content: found .*content\.png \(sha256 [0-9a-f]{12}`, `a file of \d+ bytes with that digest, whatever its name, in one of .*NST_PICTURES`,
		`--set images\.content=FILE`, `images\.style: found .*style\.png`)

	// A file of the same name that is another one is not taken for it.
	copyFile(t, filepath.Join(home, "style.png"), filepath.Join(away, "content.png"))
	copyFile(t, filepath.Join(home, "style.png"), filepath.Join(away, "pictures", "any.name"))
	said = mustRun(t, exitUsage, away, "check", "gift.png")
	contains(t, said, `images\.content: found`)
	if strings.Contains(said, "images.style") {
		t.Errorf("the style is there under another name:\n%s", said)
	}

	copyFile(t, filepath.Join(home, "content.png"), filepath.Join(away, "photo.png"))
	name := "picture-" + record.ID[:8]
	mustRun(t, exitDone, away, "sweep", "gift.png", "--set", "log.every=3")
	again := runs(t, filepath.Join(away, "results", name))[0]
	for _, file := range []string{"metrics.csv", "checkpoint"} {
		if !sameFile(t, filepath.Join(run, file), filepath.Join(again, file)) {
			t.Errorf("%s came out otherwise", file)
		}
	}
	if r, err := result.ReadRun(again); err != nil || r.ID != record.ID {
		t.Errorf("run %v (%v) was made, of %s", r, err, record.ID)
	}
	// A frame is of the same run; so it is done.
	contains(t, mustRun(t, exitDone, away, "sweep", "half.png"), "nothing to do")

	// What is printed is a configuration; settings go over it.
	if err := os.WriteFile(filepath.Join(home, "printed.toml"), []byte(mustRun(t, exitDone, home, "show", picture)), 0o666); err != nil {
		t.Fatal(err)
	}
	contains(t, mustRun(t, exitDone, home, "check", "printed.toml"), name+", 1 run")
	contains(t, mustRun(t, exitDone, away, "check", "gift.png", "--set", "images.content=content.png"), name)

	// Asked in the run's own directory, everything is where it was.
	contains(t, mustRun(t, exitDone, t.TempDir(), "check", picture), name)
	contains(t, mustRun(t, exitUsage, home, "sweep", "content.png"), `content\.png: found .*has no configuration.*expected`)
	contains(t, mustRun(t, exitUsage, home, "show", "exp.toml"), `not a PNG`)
}
