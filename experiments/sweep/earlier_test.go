package sweep

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
)

// testdata/earlier has the results of a version whose identities were made in another
// way. They are reported as that, and stay as they are when the plan is run again.
func TestResultsOfAnEarlierVersion(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/earlier")); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Read(filepath.Join(dir, "exp.toml"))
	if err != nil {
		t.Fatal(err)
	}
	results := filepath.Join(dir, "results")
	said := func(warnings []string) bool {
		return strings.Contains(strings.Join(warnings, "\n"), "results of an earlier version of nst")
	}
	runs, warnings, err := Look(results, p)
	if err != nil || len(runs) != 1 || runs[0].Phase != Waiting || !said(warnings) {
		t.Errorf("before: %+v, %q, %v", runs, warnings, err)
	}
	sum, err := Run(t.Context(), p, Options{Results: results, Jobs: 1, Threads: 1})
	if err != nil || sum.Made != 1 || !said(sum.Warnings) {
		t.Errorf("made: %+v, %v", sum, err)
	}
	old, err := result.ReadRun(filepath.Join(results, "exp", "exp-7401a628"))
	if err != nil || old.Steps != 2 || old.Provenance.Identity != 0 {
		t.Errorf("the earlier run: %+v, %v", old, err)
	}
	if _, warnings, err := Look(results, p); err != nil || said(warnings) {
		t.Errorf("when all is made: %q, %v", warnings, err)
	}
}
