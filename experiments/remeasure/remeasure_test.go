package remeasure

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/internal/planned"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/sweep"
)

// swept makes the runs of the small plan and returns their directory.
func swept(t *testing.T, project, results string, settings ...string) string {
	t.Helper()
	p, err := plan.Read(filepath.Join(project, "exp.toml"), append(settings, "run.steps=3")...)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sweep.Run(context.Background(), p, sweep.Options{Results: filepath.Join(project, results), Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	return s.Dir
}

func opened(t *testing.T, dir string) *result.Experiment {
	t.Helper()
	e, err := result.Open(dir)
	if err != nil || len(e.Warnings) > 0 {
		t.Fatal(err, e.Warnings)
	}
	return e
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, f := range []string{"*/measures.json", "*/run.json"} {
		found, _ := filepath.Glob(filepath.Join(dir, f))
		for _, name := range found {
			all[name] = fixture.ContentOf(t, name)
		}
	}
	return all
}

func TestRun(t *testing.T) {
	_, project := planned.Small(t)
	dir := swept(t, project, "results")
	want := opened(t, swept(t, project, "other", "yardstick.size=96"))
	none := swept(t, project, "none", "log.measures=false")
	was, before := files(t, dir), opened(t, dir)

	// An interruption leaves the earlier measures in use.
	ctx, cancel := context.WithCancel(context.Background())
	o := Options{Yardstick: []string{"size=96"}, Watch: func(p Progress) {
		if p.Done == 1 {
			cancel()
		}
	}}
	if s, err := Run(ctx, []string{dir}, o); !errors.Is(err, context.Canceled) || s.Measured != 1 {
		t.Fatalf("%+v, %v; want an interruption after one picture", s, err)
	}
	if got := opened(t, dir); !reflect.DeepEqual(got.Runs[0].Measures, before.Runs[0].Measures) {
		t.Error("measures of an interrupted call are in use")
	}
	var last Progress
	o = Options{Yardstick: []string{"size=96"}, Watch: func(p Progress) { last = p }}
	s, err := Run(context.Background(), []string{dir, none}, o)
	if err != nil || s.Measured != 3 || s.Earlier != 1 || last.Done != 4 || !strings.HasPrefix(s.Yardstick, "pyramid-96-") {
		t.Fatalf("%+v, %v, %+v", s, err, last)
	}

	// The numbers are those of a run with this yardstick, and nothing of a run changed.
	got, again := opened(t, dir), opened(t, none)
	for i := range want.Runs {
		if !reflect.DeepEqual(got.Runs[i].Measures, want.Runs[i].Measures) {
			t.Errorf("run %d: measured\n%+v\na run with this yardstick writes\n%+v", i, got.Runs[i].Measures, want.Runs[i].Measures)
		}
		if got.Runs[i].CurveScale() != before.Runs[i].YardstickScale() || got.Runs[i].CurveScale() == got.Runs[i].YardstickScale() {
			t.Errorf("run %d: yardstick.csv has the scale %v, want %v", i, got.Runs[i].CurveScale(), before.Runs[i].YardstickScale())
		}
		for _, m := range again.Runs[i].Measures.Measures {
			if w := want.Runs[i].Measures.Find(m.Key()); w == nil || !reflect.DeepEqual(*w, m) {
				t.Errorf("run %d, made without measures: %s is %v", i, m.Key(), m.Value)
			}
		}
	}
	if !reflect.DeepEqual(files(t, dir), was) {
		t.Error("files of the runs have changed")
	}

	// An open experiment is read again, and the runs' own measures can be used again.
	if later, err := result.OpenAgain(dir, before); err != nil || !reflect.DeepEqual(later.Runs[0].Measures, want.Runs[0].Measures) {
		t.Errorf("OpenAgain does not find the new measures: %v", err)
	}
	if err := result.UseMeasures(dir, ""); err != nil {
		t.Fatal(err)
	}
	if later, err := result.OpenAgain(dir, got); err != nil || !reflect.DeepEqual(later.Runs[0].Measures, before.Runs[0].Measures) {
		t.Errorf("OpenAgain does not find the runs' own measures: %v", err)
	}
	if s, err := Run(context.Background(), []string{dir}, o); err != nil || s.Measured != 0 || s.Earlier != 2 {
		t.Errorf("a second call: %+v, %v", s, err)
	}
}

// What cannot be measured is refused with the file and what to do, before anything is
// measured.
func TestRefused(t *testing.T) {
	_, project := planned.Small(t)
	dir := swept(t, project, "results", "sweep=false")
	for setting, want := range map[string]string{
		"size=9":                 "--yardstick yardstick.size=9: yardstick.size: found the number 9; expected a whole number of at least 64",
		"sizes=64":               "expected size",
		"network=vgg19":          "vgg19 without trained weights",
		`style=["scale9"]`:       "no layer",
		"weights=gone.pth":       "yardstick.weights",
		"weights=" + dir + "/no": "yardstick.weights",
	} {
		_, err := Run(context.Background(), []string{dir}, Options{Yardstick: []string{setting}})
		if err == nil || !strings.Contains(err.Error(), want) || !mistake.Is(err) {
			t.Errorf("%s: %v", setting, err)
		}
	}
	if err := os.WriteFile(filepath.Join(project, "c.png"), []byte(fixture.PNG(t, 24, 20, 0.5)), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), []string{dir}, Options{}); err == nil || !strings.Contains(err.Error(), "c.png: the content image of the run") || !mistake.Is(err) {
		t.Errorf("a changed picture: %v", err)
	}
	if err := os.Remove(filepath.Join(project, "c.png")); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), []string{dir}, Options{}); err == nil || !strings.Contains(err.Error(), "c.png") || !mistake.Is(err) {
		t.Errorf("a missing picture: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, result.MeasuresDir)); !os.IsNotExist(err) {
		t.Errorf("something was measured: %v", err)
	}
}

// Damaged files of later measures lead to the runs' own measures and to a warning.
func TestDamaged(t *testing.T) {
	_, project := planned.Small(t)
	dir := swept(t, project, "results", "sweep=false")
	own := opened(t, dir).Runs[0]
	s, err := Run(context.Background(), []string{dir}, Options{Yardstick: []string{"size=96"}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, result.MeasuresDir, s.Yardstick, own.ID+".json")
	text := fixture.ContentOf(t, file)
	for name, damage := range map[string]func(){
		"empty": func() { os.WriteFile(file, nil, 0o666) },
		"steps": func() { os.WriteFile(file, []byte(strings.Replace(text, `"step": 3`, `"step": 2`, 1)), 0o666) },
		"path":  func() { os.WriteFile(result.CurrentMeasures(dir), []byte("../x"), 0o666) },
		"void":  func() { os.WriteFile(result.CurrentMeasures(dir), nil, 0o666) },
	} {
		damage()
		e, err := result.Open(dir)
		if err != nil || len(e.Warnings) != 1 || !reflect.DeepEqual(e.Runs[0].Measures, own.Measures) {
			t.Errorf("%s: %v, %q", name, err, e.Warnings)
		}
		os.WriteFile(file, []byte(text), 0o666)
		must(t, result.UseMeasures(dir, s.Yardstick))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
