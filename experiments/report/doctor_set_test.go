package report

import (
	"archive/zip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

// evidence are the runs of testdata/doctor.zip, which doctorset makes: with known
// faults, and without. want and may list findings by run: those that are right, and
// those that are neither right nor wrong.
type evidence struct {
	study     *study
	want, may map[string][]string
	tuned     map[string]bool // thresholds were chosen with the run's pictures
}

func readEvidence(t *testing.T) evidence {
	t.Helper()
	z, err := zip.OpenReader("testdata/doctor.zip")
	must(t, err)
	defer z.Close()
	dir := t.TempDir()
	for _, f := range z.File {
		must(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(f.Name)), 0o755))
		r, err := f.Open()
		must(t, err)
		data, err := io.ReadAll(r)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, f.Name), data, 0o644))
	}
	e, err := result.Open(dir)
	must(t, err)
	ev := evidence{newStudy(e), map[string][]string{}, map[string][]string{}, map[string]bool{}}
	text, err := os.ReadFile(filepath.Join(dir, "labels.csv"))
	must(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	must(t, err)
	for _, row := range rows[1:] {
		ev.tuned[row[0]], ev.want[row[0]], ev.may[row[0]] = row[1] == "true", strings.Fields(row[2]), strings.Fields(row[3])
	}
	return ev
}

// score counts the findings of a rule.
type score struct{ right, wrong, missed int }

func (s score) String() string {
	return fmt.Sprintf("precision %d/%d, recall %d/%d", s.right, s.right+s.wrong, s.right, s.right+s.missed)
}

// How often each rule is right: with the pictures that its threshold was chosen with, and
// with others. A rule that becomes better or worse changes these numbers.
var scores = map[string][2]score{
	"diverged":      {{3, 0, 0}, {1, 0, 0}},
	"rising":        {{3, 0, 0}, {2, 0, 0}},
	"saturated":     {{3, 0, 0}, {2, 0, 1}},
	"style-ignored": {{3, 0, 0}, {3, 0, 0}},
	"content-lost":  {{4, 0, 0}, {3, 0, 0}},
	"nothing":       {{6, 0, 0}, {5, 0, 0}},
	"lopsided":      {{4, 0, 0}, {3, 0, 0}},
	"early":         {{1, 0, 0}, {1, 0, 0}},
	"falling":       {{4, 0, 0}, {2, 0, 0}},
	"idle":          {{2, 0, 0}, {2, 0, 0}},
}

func TestDoctorSet(t *testing.T) {
	ev := readEvidence(t)
	found := map[string]map[string]ill{} // by run and rule
	for _, f := range findings(ev.study) {
		for _, c := range f.Cases {
			name := ev.study.Runs[c.Run].Name
			if found[name] == nil {
				found[name] = map[string]ill{}
			}
			found[name][f.Kind] = c
		}
	}
	got := map[string][2]score{}
	count := func(kind string, run string, add func(*score)) {
		both := got[kind]
		part := &both[0]
		if !ev.tuned[run] {
			part = &both[1]
		}
		add(part)
		got[kind] = both
	}
	healthy := 0
	for _, r := range ev.study.Runs {
		want := ev.want[r.Name]
		if len(want) == 0 {
			healthy++
		}
		for _, kind := range want {
			if _, ok := found[r.Name][kind]; ok {
				count(kind, r.Name, func(s *score) { s.right++ })
			} else {
				count(kind, r.Name, func(s *score) { s.missed++ })
				t.Logf("%s: %s is missed", r.Name, kind)
			}
		}
		for kind, c := range found[r.Name] {
			if !slices.Contains(want, kind) && !slices.Contains(ev.may[r.Name], kind) {
				count(kind, r.Name, func(s *score) { s.wrong++ })
				t.Logf("%s: %s is wrong: %s", r.Name, kind, c.Text)
			}
		}
	}
	if n := len(ev.study.Runs); healthy < 30 || n-healthy < 30 {
		t.Errorf("%d healthy runs and %d with faults; want 30 of each", healthy, n-healthy)
	}
	for _, r := range rules {
		if g, w := got[r.kind], scores[r.kind]; g != w {
			t.Errorf("%s: %v, and with other pictures %v; want %v and %v", r.kind, g[0], g[1], w[0], w[1])
		}
	}
	for name, faults := range found {
		// No search finds a way without a gradient, and no step is too short for it.
		if c := faults["nothing"]; strings.HasPrefix(name, "nothing-zero") && (c.Key != "start.from" || len(faults) > 1) {
			t.Errorf("%s: %+v", name, faults)
		}
		if c := faults["nothing"]; strings.HasPrefix(name, "nothing-lbfgs") && c.Try != `line_search = "strong-wolfe"` {
			t.Errorf("%s: %+v", name, c)
		}
	}
}
