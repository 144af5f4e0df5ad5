package export_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/export"
	"github.com/gonst/workbench/experiments/export/mlflowtest"
	"github.com/gonst/workbench/experiments/result"
)

// Each form of export says that a rule has stopped a run early, and why.
func TestStopped(t *testing.T) {
	const why = "after 3 of 9 steps: gram_cosine 0.8 is number 5 of 6, and one of 3 goes on"
	dir, to := experiment(t), t.TempDir()
	at := filepath.Join(dir, "w=1-aaaa")
	r, err := result.ReadRun(at)
	must(t, err)
	r.Pruned, r.Planned = why, 9
	must(t, result.WriteRun(at, r))
	runs := open(t, dir)
	if runs[0].Status != result.Stopped {
		t.Fatalf("the run is %s", runs[0].Status)
	}
	c := export.Compare(runs, false)
	if k := slices.Index(c.Columns, "status"); c.Rows[0][k] != "stopped" {
		t.Errorf("compare: %v", c.Rows[0])
	}
	if slices.Contains(c.Columns, "steps to 5 %") && c.Rows[0][slices.Index(c.Columns, "steps to 5 %")] != nil {
		t.Error("a run that was stopped has come near its end")
	}
	_, err = export.WriteTables(filepath.Join(to, "tables"), export.CSV, runs, false)
	must(t, err)
	_, err = export.WriteEvents(filepath.Join(to, "events"), runs, false)
	must(t, err)
	_, err = export.WriteWandB(filepath.Join(to, "wandb"), "", runs)
	must(t, err)
	for _, form := range []string{"tables", "events", "wandb"} {
		said := false
		must(t, filepath.WalkDir(filepath.Join(to, form), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || d.Name() == result.RunFile {
				return err
			}
			data, err := os.ReadFile(path)
			said = said || bytes.Contains(data, []byte(why))
			return err
		}))
		if !said {
			t.Errorf("%s: no file says why the run was stopped", form)
		}
	}
	s := mlflowtest.New()
	m, _ := sender(t, s)
	must(t, m.Send(t.Context(), runs[:1]))
	if one := s.Runs()[0]; one.Status != "FINISHED" || !strings.Contains(one.Tags["nst_stopped"], why) {
		t.Errorf("MLflow has %+v", one)
	}
}
