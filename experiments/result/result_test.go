package result_test

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/result"
)

func plan() *result.Plan {
	return &result.Plan{
		Experiment: "quick",
		Title:      `A "title" with <b>markup</b>`,
		Inputs:     []result.Input{{Role: "style", Label: "waves.png", File: "inputs/style-1.png", Key: "style", Value: "waves"}},
		Axes: []result.Axis{
			{Key: "loss.style.weight", Label: "style weight", Values: []string{"1", "10"}},
			{Key: "seed", Values: []string{"0", "1"}},
		},
		Runs: []result.PlannedRun{
			{Name: "a-0", ID: "id-a-0", Values: map[string]string{"loss.style.weight": "1", "seed": "0"}},
			{Name: "a-1", ID: "id-a-1", Values: map[string]string{"loss.style.weight": "1", "seed": "1"}},
			{Name: "b-0", ID: "id-b-0", Values: map[string]string{"loss.style.weight": "10"}},
		},
	}
}

func run(name string, status result.Status) *result.Run {
	return &result.Run{
		Name: name, ID: "id-" + name, Attempt: "x", Status: status, Steps: 3, Planned: 3, Evaluations: 5, Seconds: 1.5,
		Total:   result.Float(math.Inf(1)),
		Terms:   []result.Term{{Name: "content", Value: 0.1}, {Name: "style", Value: result.Float(math.NaN())}},
		Started: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(content), 0o644))
}

func TestPlanRoundTrip(t *testing.T) {
	dir := t.TempDir()
	p := plan()
	must(t, result.WritePlan(dir, p))
	got, err := result.ReadPlan(dir)
	must(t, err)
	if !reflect.DeepEqual(got, p) {
		t.Errorf("read %+v, wrote %+v", got, p)
	}
	first, _ := p.Marshal()
	for range 20 {
		if again, _ := p.Marshal(); string(again) != string(first) {
			t.Fatal("the same plan gives other bytes")
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestPlanRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		break_ func(*result.Plan)
		want   string
	}{
		"twice":       {func(p *result.Plan) { p.Runs[1].Name = "a-0" }, "two runs"},
		"separator":   {func(p *result.Plan) { p.Runs[1].Name = "../a" }, "dot"},
		"slash":       {func(p *result.Plan) { p.Runs[1].Name = "a/b" }, "'/'"},
		"reserved":    {func(p *result.Plan) { p.Runs[1].Name = "plots" }, "reserved"},
		"axis":        {func(p *result.Plan) { p.Runs[1].Values["rate"] = "1" }, "not an axis"},
		"value":       {func(p *result.Plan) { p.Runs[1].Values["seed"] = "7" }, `not one of the axis' values ["0" "1"]`},
		"axis twice":  {func(p *result.Plan) { p.Axes[1].Key = p.Axes[0].Key }, "two axes"},
		"value twice": {func(p *result.Plan) { p.Axes[1].Values = []string{"0", "0"} }, "twice"},
		"input":       {func(p *result.Plan) { p.Inputs[0].File = "../../etc/passwd" }, "not a path within"},
	} {
		p := plan()
		c.break_(p)
		if err := result.WritePlan(t.TempDir(), p); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

func TestIncompatible(t *testing.T) {
	dir := t.TempDir()
	for _, s := range []string{"format = 99\nruns = 3\n", "experiment = 'x'\n"} {
		write(t, filepath.Join(dir, result.PlanFile), s)
		if _, err := result.Open(dir); !errors.Is(err, result.ErrIncompatible) {
			t.Errorf("plan %q: error %v, want ErrIncompatible", s, err)
		}
	}
	if _, err := result.ParseRun([]byte(`{"format": 99, "steps": "many"}`)); !errors.Is(err, result.ErrIncompatible) {
		t.Errorf("run: error %v, want ErrIncompatible", err)
	}
	if _, err := result.Open(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty directory: error %v, want ErrNotExist", err)
	}
}

func TestRunRoundTrip(t *testing.T) {
	dir := t.TempDir()
	r := run("a-0", result.Failed)
	r.Failure = &result.Failure{Error: "not finite", Step: 3, Term: "style", Layer: "conv1_1"}
	must(t, result.WriteRun(dir, r))
	got, err := result.ReadRun(dir)
	must(t, err)
	if !math.IsNaN(float64(got.Terms[1].Value)) {
		t.Errorf("NaN came back as %v", got.Terms[1].Value)
	}
	got.Terms[1].Value, r.Terms[1].Value = 0, 0
	if !reflect.DeepEqual(got, r) {
		t.Errorf("read %+v, wrote %+v", got, r)
	}
}

func TestMetricsRoundTripAndTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), result.MetricsFile)
	w, err := result.OpenTable(path, nil)
	must(t, err)
	columns := []string{"step", "evaluations", "rate", "total", "style", "style.conv1_1"}
	rows := [][]float64{{0, 1, 0.1, 1.0 / 3, -2e-300, 5}, {10, 11, 0.1, math.Inf(1), math.NaN(), 7}}
	for _, r := range rows {
		must(t, w.Append(columns, r))
	}
	if err := w.Append(columns, []float64{1}); err == nil {
		t.Error("a short row was written")
	}
	must(t, w.Close())
	data, err := os.ReadFile(path)
	must(t, err)
	whole := string(data)
	for _, torn := range []string{"", "20", "20,21,0.1,3,4,5"} {
		m, err := result.ParseMetrics([]byte(whole + torn))
		must(t, err)
		if m.Len() != 2 || m.Column("total")[0] != 1.0/3 || !math.IsNaN(m.Column("style")[1]) {
			t.Errorf("torn %q: values %v", torn, m.Values)
		}
		if got := m.Terms(); !reflect.DeepEqual(got, []string{"style"}) {
			t.Errorf("terms %v", got)
		}
	}
	m, err := result.ParseMetrics([]byte(whole + "20,x,0,0,0,0\n30,1,1,1,1,1\n"))
	if err == nil || !strings.Contains(err.Error(), "line 4") || m.Len() != 2 {
		t.Errorf("damage: error %v, %d rows", err, m.Len())
	}
	if m, err := result.ParseMetrics([]byte("step,tot")); err != nil || m.Column("step") != nil {
		t.Errorf("torn header: %v, %v", m, err)
	}
}

// A table that is closed and opened again has the same bytes and marks as one that was not.
func TestTable(t *testing.T) {
	columns := result.MetricsColumns(false, []result.TermLayers{{Name: "style", Layers: []string{"conv1_1"}}})
	row := func(step float64) []float64 { return []float64{step, 2e7 + step, .1, 1 / (step + 3), 5, 6e-20} }
	write := func(path string, steps ...float64) (size int64, sum string) {
		table, err := result.OpenTable(path, nil)
		must(t, err)
		for _, step := range steps {
			must(t, table.Append(columns, row(step)))
		}
		size, sum, err = table.Mark()
		must(t, err)
		must(t, table.Close())
		return size, sum
	}
	once, twice := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	size, sum := write(once, 0, 1, 2e6)
	write(twice, 0)
	if again, same := write(twice, 1, 2e6); again != size || same != sum {
		t.Errorf("written in two goes: %d bytes, %s; in one: %d, %s", again, same, size, sum)
	}
	data, err := os.ReadFile(once)
	must(t, err)
	const want = "step,evaluations,rate,total,style,style.conv1_1\n0,20000000,0.1,0.3333333333333333,5,6e-20\n"
	if !strings.HasPrefix(string(data), want) || !strings.HasSuffix(string(data), "\n2000000,22000000,0.1,4.99999250001125e-07,5,6e-20\n") {
		t.Errorf("written as %s", data)
	}
	times := filepath.Join(t.TempDir(), "t")
	table, err := result.OpenTable(times, nil)
	must(t, err)
	must(t, table.Append(result.TimesColumns(), []float64{3, 1.25}))
	must(t, table.Close())
	if data, _ := os.ReadFile(times); string(data) != "step,seconds\n3,1.250000\n" {
		t.Errorf("times are written as %q", data)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	must(t, result.WritePlan(dir, plan()))
	e, err := result.Open(dir)
	must(t, err)
	for _, s := range e.Runs {
		if s.Status != result.Waiting || s.Dir != "" {
			t.Errorf("%s: %s in %q before anything ran", s.Name, s.Status, s.Dir)
		}
	}

	// a-0 is published; an older attempt of it still exists.
	at := result.RunDir(dir, "a-0")
	must(t, os.MkdirAll(at, 0o755))
	must(t, result.WriteRun(at, run("a-0", result.Done)))
	write(t, filepath.Join(at, result.MetricsFile), "step,total\n0,3\n")
	write(t, filepath.Join(at, result.TimesFile), "step,seconds\n0,3\n")
	write(t, filepath.Join(at, result.ImageFile), "png")
	// a-1 has three attempts: the second has the most steps, the third is not readable.
	for attempt, rows := range map[string]string{"1": "0,9\n", "2": "0,9\n10,8\n20,7\n", "3": "0,9\n10,8\n"} {
		at := filepath.Join(result.Attempts(dir, "a-1"), attempt)
		must(t, os.MkdirAll(at, 0o755))
		must(t, result.WriteRun(at, run("a-1", result.Running)))
		write(t, filepath.Join(at, result.MetricsFile), "step,total\n"+rows)
	}
	write(t, filepath.Join(filepath.Join(result.Attempts(dir, "a-1"), "4"), result.RunFile), "{")
	// b-0 was copied from another place, and there is an unknown directory.
	at = result.RunDir(dir, "b-0")
	must(t, os.MkdirAll(at, 0o755))
	must(t, result.WriteRun(at, run("a-1", result.Done)))
	must(t, os.Mkdir(filepath.Join(dir, "stranger"), 0o755))

	e, err = result.Open(dir)
	must(t, err)
	empty := filepath.Join(result.RunDir(dir, "a-0"), result.MetricsFile)
	whole, err := os.ReadFile(empty)
	must(t, err)
	for _, text := range []string{"", "step,total\n"} {
		write(t, empty, text)
		e, err := result.Open(dir)
		if want := `run "a-0": done, but metrics.csv has no rows`; err != nil || !slices.Contains(e.Warnings, want) {
			t.Errorf("metrics.csv of %q: %v, warnings %q", text, err, e.Warnings)
		}
	}
	write(t, empty, string(whole))
	if s := e.Runs[0]; s.Status != result.Done || !s.Published || s.Image != filepath.Join("a-0", "image.png") || s.Metrics.Column("total")[0] != 3 || s.Times == nil {
		t.Errorf("published: %+v", s)
	}
	if s := e.Runs[1]; s.Status != result.Running || s.Published || s.Dir != filepath.Join(".attempts", "a-1", "2") || s.Metrics.Len() != 3 {
		t.Errorf("attempted: %+v", s)
	}
	if s := e.Runs[2]; s.Status != result.Damaged || s.Run != nil {
		t.Errorf("foreign: %+v", s)
	}
	warnings := strings.Join(e.Warnings, "\n")
	for _, want := range []string{`run "a-1": not a run.json`, `copied from another place`, `"stranger" is not a run`} {
		if !strings.Contains(warnings, want) {
			t.Errorf("no warning with %q in:\n%s", want, warnings)
		}
	}
	if len(e.Warnings) != 3 {
		t.Errorf("%d warnings, want 3:\n%s", len(e.Warnings), warnings)
	}
}

// A link in place of a run's directory is not followed.
func TestOpenStaysInside(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	must(t, result.WritePlan(dir, plan()))
	must(t, result.WriteRun(outside, run("a-0", result.Done)))
	must(t, os.Symlink(outside, filepath.Join(dir, "a-0")))
	e, err := result.Open(dir)
	must(t, err)
	if e.Runs[0].Run != nil {
		t.Error("a link out of the directory was followed")
	}
}

// OpenAgain reads only what has changed.
func TestOpenAgain(t *testing.T) {
	dir := t.TempDir()
	must(t, result.WritePlan(dir, &result.Plan{Experiment: "e", Runs: []result.PlannedRun{{Name: "a", ID: "id-a"}, {Name: "b", ID: "id-b"}}}))
	publish := func(name string, steps int) {
		t.Helper()
		write(t, filepath.Join(dir, name, result.MetricsFile), "step,total\n0,1\n")
		r := run(name, result.Done)
		r.Steps = steps
		must(t, result.WriteRun(filepath.Join(dir, name), r))
	}
	publish("a", 1)
	first, err := result.Open(dir)
	must(t, err)
	if len(first.Warnings) == 0 {
		t.Fatal("a done run without a picture, and no warning")
	}
	// A table of a published run is not read a second time, because it never changes.
	must(t, os.Remove(filepath.Join(dir, "a", result.MetricsFile)))
	publish("b", 2)
	again, err := result.OpenAgain(dir, first)
	must(t, err)
	if again.Runs[0].Metrics != first.Runs[0].Metrics || again.Runs[0].Metrics == nil {
		t.Error("a published run was read again")
	}
	if again.Runs[1].Status != result.Done || again.Runs[1].Run.Steps != 2 {
		t.Errorf("the new run is %+v", again.Runs[1])
	}
	if !strings.Contains(strings.Join(again.Warnings, "\n"), first.Warnings[0]) {
		t.Errorf("the warnings are %q, without %q", again.Warnings, first.Warnings)
	}
	// A run that was made anew is read anew.
	must(t, os.RemoveAll(filepath.Join(dir, "a")))
	time.Sleep(20 * time.Millisecond)
	publish("a", 7)
	if again, err = result.OpenAgain(dir, again); err != nil || again.Runs[0].Run.Steps != 7 {
		t.Errorf("the run made anew: %v, %+v", err, again.Runs[0])
	}
	must(t, os.RemoveAll(filepath.Join(dir, "a")))
	if again, err = result.OpenAgain(dir, again); err != nil || again.Runs[0].Status != result.Waiting {
		t.Errorf("the run that is gone: %v, %+v", err, again.Runs[0])
	}
}

func FuzzParsePlan(f *testing.F) {
	data, _ := plan().Marshal()
	f.Add(data)
	f.Add([]byte("format = 1\nexperiment = 'x'\n[[runs]]\nname = 'a'\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := result.ParsePlan(data)
		if err != nil {
			return
		}
		again, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := result.ParsePlan(again); err != nil {
			t.Fatalf("written again, refused: %v\n%s", err, again)
		}
	})
}

func FuzzParseRun(f *testing.F) {
	dir := f.TempDir()
	_ = result.WriteRun(dir, run("a", result.Done))
	data, _ := os.ReadFile(filepath.Join(dir, result.RunFile))
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := result.ParseRun(data)
		if err == nil && (r.Steps < 0 || r.Status == "") {
			t.Fatalf("accepted %+v", r)
		}
	})
}

func FuzzParseMetrics(f *testing.F) {
	f.Add([]byte("step,total,style.a\n0,1,NaN\n1,-Inf,2"))
	f.Add([]byte("step,\"a\nb\"\n1,2\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := result.ParseMetrics(data)
		if m == nil {
			if err == nil {
				t.Fatal("neither metrics nor an error")
			}
			return
		}
		for i, values := range m.Values {
			if len(values) != m.Len() || len(m.Values) != len(m.Columns) {
				t.Fatalf("column %d of %d has %d values of %d", i, len(m.Columns), len(values), m.Len())
			}
		}
		_ = m.Terms()
	})
}

// A file of which a power cut has left nothing is damaged, not of another version.
func TestEmptyFiles(t *testing.T) {
	for _, data := range []string{"", "\n", "\x00\x00\x00\x00", " \r\n"} {
		_, plan := result.ParsePlan([]byte(data))
		_, run := result.ParseRun([]byte(data))
		_, measures := result.ParseMeasures([]byte(data))
		for _, err := range []error{plan, run, measures} {
			if err == nil || errors.Is(err, result.ErrIncompatible) || !strings.Contains(err.Error(), "it is empty, as after a power cut") {
				t.Errorf("%q: said %v", data, err)
			}
		}
	}
}

// A directory of experiments is not one of them, and the error names some.
func TestOpenParent(t *testing.T) {
	dir := t.TempDir()
	if _, err := result.Open(dir); !errors.Is(err, fs.ErrNotExist) || !strings.HasSuffix(err.Error(), dir+" is not an experiment's directory: it has no plan.toml") {
		t.Errorf("said %v", err)
	}
	run := filepath.Join(dir, "exp", "run")
	for _, file := range []string{filepath.Join(run, result.RunFile), filepath.Join(dir, "exp", result.PlanFile)} {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := result.Open(run); !errors.Is(err, fs.ErrNotExist) || !strings.HasSuffix(err.Error(), run+" is a run of the experiment "+filepath.Join(dir, "exp")+": name the experiment") {
		t.Errorf("a run: said %v", err)
	}
	for _, name := range []string{"a", "b [1]", "c", "d", "e"} {
		if err := os.MkdirAll(filepath.Join(dir, "odd [x]*", name), 0o777); err != nil {
			t.Skip(err) // a name that the system does not accept
		}
		if err := os.WriteFile(filepath.Join(dir, "odd [x]*", name, result.PlanFile), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	_, err := result.Open(filepath.Join(dir, "odd [x]*"))
	if err == nil || !strings.Contains(err.Error(), "but holds 5: name one or more of") || !strings.Contains(err.Error(), filepath.Join("odd [x]*", "b [1]")+",") || !strings.HasSuffix(err.Error(), ", …") {
		t.Errorf("said %v", err)
	}
}

func TestStageAt(t *testing.T) {
	r := &result.Run{Stages: []result.Stage{{Size: 192, Steps: 60}, {Size: 272, Steps: 40}, {Size: 384, Steps: 30}}}
	for step, want := range map[int]string{0: "stage 1 of 3, 192 px", 59: "stage 1 of 3, 192 px", 60: "stage 2 of 3, 272 px", 100: "stage 3 of 3, 384 px", 130: "stage 3 of 3, 384 px"} {
		if got := r.StageAt(step); got != want {
			t.Errorf("step %d: %q, want %q", step, got, want)
		}
	}
	if got := (&result.Run{}).StageAt(5); got != "" {
		t.Errorf("a run without stages: %q", got)
	}
}
