package cmd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/export/mlflowtest"
)

// A configuration that asks for event files has them beside its runs when the
// sweep ends; what is exported later is the same.
func TestSweepTensorBoard(t *testing.T) {
	dir := bench(t, quick(t, "frames = 40", "frames = 3\ntensorboard = true"))
	mustRun(t, exitDone, dir, "sweep", "exp.toml")
	own := filepath.Join(dir, "results", "exp", "tensorboard")
	files, _ := filepath.Glob(filepath.Join(own, "*", "events.out.tfevents.*"))
	if len(files) != 2 {
		t.Fatalf("event files %q", files)
	}
	before := times(t, dir)
	contains(t, mustRun(t, exitDone, dir, "sweep", "exp.toml"), "nothing to do")
	same(t, before, times(t, dir))
	contains(t, mustRun(t, exitDone, dir, "report", "results/exp"), "Report: ") // no warning of a strange directory

	mustRun(t, exitDone, dir, "export", "tensorboard", "results/exp", "--to", "events")
	contains(t, mustRun(t, exitDone, dir, "export", "tensorboard", "results/exp", "--to", "events"), `events/exp: already up to date`)
	for _, f := range files {
		rel, _ := filepath.Rel(own, f)
		if !sameFile(t, f, filepath.Join(dir, "events", "exp", rel)) {
			t.Errorf("%s is exported otherwise", rel)
		}
	}
	contains(t, mustRun(t, exitUsage, dir, "export", "tensorboard", "results/exp"), `requires a directory to write to: --to`)
	contains(t, mustRun(t, exitUsage, dir, "export", "csv", "elsewhere", "--to", "x"), `elsewhere`)
	mustRun(t, exitDone, dir, "export", "csv", "results/exp", "--to", "t")
	contains(t, mustRun(t, exitUsage, dir, "export", "csv", "results/exp", "--to", "t"), `exists: t/runs\.csv; --force`)
	entries, err := os.ReadDir(filepath.Join(dir, "t"))
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"curves.csv", "long.csv", "measures.csv", "metrics.json", "runs.csv"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("there are %q, want %q (%v)", names, want, err)
	}
}

// A directory that is named twice counts once, and experiments of one name are told apart by
// their directories.
func TestDirectoriesOfOneName(t *testing.T) {
	dir := bench(t, quick(t))
	mustRun(t, exitDone, dir, "sweep", "exp.toml")
	for _, args := range []string{"compare results/exp results/exp/ --json", "compare results/exp results/../results/exp --out x.html", "export csv results/exp results/exp --to once"} {
		contains(t, mustRun(t, exitDone, dir, strings.Fields(args)...), `nst: warning: results/.*exp/? is named twice, and counts once`)
	}
	once, err := os.ReadFile(filepath.Join(dir, "once", "runs.csv"))
	if lines := strings.Count(string(once), "\n"); err != nil || lines != 3 {
		t.Errorf("%d lines, want a header and two runs (%v)", lines, err)
	}
	if err := os.CopyFS(filepath.Join(dir, "copy", "exp"), os.DirFS(filepath.Join(dir, "results", "exp"))); err != nil {
		t.Fatal(err)
	}
	contains(t, mustRun(t, exitDone, dir, "compare", "results/exp", "copy/exp", "--text"), `\n1 +results/exp `, `\n2 +results/exp `, `\n3 +copy/exp `)
	mustRun(t, exitDone, dir, "export", "csv", "results/exp", "copy/exp", "--to", "both")
	for _, name := range []string{"runs.csv", "curves.csv", "long.csv", "measures.csv", "metrics.json"} {
		data, err := os.ReadFile(filepath.Join(dir, "both", name))
		if err != nil || !strings.Contains(string(data), "results/exp") || !strings.Contains(string(data), "copy/exp") {
			t.Errorf("%s does not tell the experiments apart (%v)", name, err)
		}
	}
}

// The tables of status and compare, from directories alone.
func TestTextTables(t *testing.T) {
	dir := bench(t, quick(t))
	mustRun(t, exitDone, dir, "sweep", "exp.toml")
	contains(t, mustRun(t, exitDone, dir, "status", "results/exp"), `exp: 2 of 2 runs done\n`, `STATE +PROGRESS`, `done +\[=+\] 100 % +6/6 +[\d.]+ .* 100\n`)
	contains(t, mustRun(t, exitUsage, dir, "status", "nowhere"), `nowhere is not an experiment's directory`)
	contains(t, mustRun(t, exitUsage, dir, "status", "results/exp", "--every", "1ms"), `must be at least 100ms`)
	up := mustRun(t, exitDone, dir, "compare", "results/exp", "--text", "--sort", "loss.style.weight")
	contains(t, up, `^# +weight +status +steps`, `(?s)\n1 +10 +done.*\n2 +100 +done`)
	down := mustRun(t, exitDone, dir, "compare", "results/exp", "--text", "--sort", "-weight")
	contains(t, down, `(?s)\n1 +100 +done.*\n2 +10 +done`)
	contains(t, mustRun(t, exitDone, dir, "compare", "results/exp", "--json"), `^\{"loss\.style\.weight":10,"status":"done","steps":6,`)
	contains(t, mustRun(t, exitUsage, dir, "compare", "results/exp", "--text", "--sort", "beauty"), `unknown column "beauty": choose one of loss\.style\.weight, status`)
	contains(t, mustRun(t, exitUsage, dir, "compare", "results/exp", "--sort", "total"), `--text`)

	contains(t, mustRun(t, exitDone, dir, "tag", "results/exp"), `^No run has a tag or a note\.\n$`)
	contains(t, mustRun(t, exitDone, dir, "tag", "results/exp", "10", "--add", "best", "--add", "mine", "--note", "calm sky"), `^10 +#best #mine +calm sky\nReport: .*index\.html`)
	contains(t, mustRun(t, exitDone, dir, "tag", "results/exp", "*", "--remove", "mine", "--note", ""), `^10 +#best\n100\n`)
	contains(t, mustRun(t, exitDone, dir, "status", "results/exp", "--tag", "best"), `exp #best: 1 of 1 runs done\n`, ` 10 +#best\n`)
	if all := mustRun(t, exitDone, dir, "compare", "results/exp", "--json", "--tag", "best"); strings.Count(all, "\n") != 1 || !strings.Contains(all, `"tags":"best"`) {
		t.Errorf("the runs with a tag are\n%s", all)
	}
	contains(t, mustRun(t, exitDone, dir, "export", "wandb", "results/exp", "--to", "wandb", "--tag", "best"), `^wandb/wandb/offline-run-\S+\n$`)
	contains(t, mustRun(t, exitDone, dir, "export", "tensorboard", "results/exp", "--to", "events", "--tag", "best"), `^events/exp\n$`)
	if runs, _ := filepath.Glob(filepath.Join(dir, "events/exp/*weight=*")); len(runs) != 1 {
		t.Errorf("exported %q", runs)
	}
	for want, args := range map[string]string{
		`has no run "11"; its runs are\n  10\n  100`: "results/exp 11 --add x",
		`requires the names of runs; '\*' is all`:    "results/exp --add x",
		`the tag "a=b" contains '='`:                 "results/exp * --add a=b",
		`nowhere is not an experiment's directory`:   "nowhere * --add x",
	} {
		contains(t, mustRun(t, exitUsage, dir, append([]string{"tag"}, strings.Fields(args)...)...), want)
	}
	contains(t, mustRun(t, exitUsage, dir, "compare", "results/exp", "--text", "--tag", "none"), `no run has the tags #none`)
	contains(t, mustRun(t, exitUsage, dir, "compare", "results/exp", "--tag", "best"), `--tag requires --text or --json`)
}

func TestMLflowCommand(t *testing.T) {
	dir := bench(t, quick(t))
	mustRun(t, exitDone, dir, "sweep", "exp.toml")
	server := mlflowtest.New()
	defer server.Close()
	t.Setenv("MLFLOW_TRACKING_URI", server.URL)
	contains(t, mustRun(t, exitDone, dir, "export", "mlflow", "results/exp"), `(?m)^style\.weight=10-\w+: \d+ params, \d+ metric values, \d+ files$`)
	contains(t, mustRun(t, exitDone, dir, "export", "mlflow", "results/exp"), `(?m)^style\.weight=10-\w+: already up to date$`)
	if runs := server.Runs(); len(runs) != 2 || len(runs[0].Metrics["total"]) == 0 {
		t.Errorf("there are %d runs", len(runs))
	}
	if f := server.Faults(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
	t.Setenv("MLFLOW_TRACKING_URI", "")
	contains(t, mustRun(t, exitUsage, dir, "export", "mlflow", "results/exp"), `requires the URL of an MLflow server: --to`)
	contains(t, mustRun(t, exitUsage, dir, "export", "mlflow", "results/exp", "--to", "localhost:5000"), `"localhost:5000" is not the URL of an MLflow server`)
}
