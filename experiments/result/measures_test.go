package result_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

func measures() *result.Measures {
	half, nan := result.Float(0.5), result.Float(math.Inf(1))
	return &result.Measures{
		Step:      150,
		Yardstick: &result.Yardstick{ID: "abc", Network: "pyramid", About: "random", Size: 256, Width: 256, Height: 171, Style: []string{"scale1"}},
		Measures: []result.Measure{
			{Name: "gram_cosine", Layer: "scale1", Value: 1.0 / 3, Unit: "cosine", Group: result.GroupStyle, Better: result.Higher, HeldOut: true},
			{Name: "total_variation", Value: 0.1, Unit: "of white <a pixel>", Group: result.GroupNoise, OfContent: &half, OfStyle: &nan},
		},
		Shares: []result.Share{{At: result.AtStart, Term: "style", Value: 1, Norm: 2, Loss: 1, Gradient: 1}},
	}
}

func TestMeasuresRoundTrip(t *testing.T) {
	dir := t.TempDir()
	m := measures()
	must(t, result.WriteMeasures(dir, m))
	data, err := os.ReadFile(filepath.Join(dir, result.MeasuresFile))
	must(t, err)
	got, err := result.ParseMeasures(data)
	must(t, err)
	if !reflect.DeepEqual(got, m) {
		t.Errorf("read %+v, wrote %+v", got, m)
	}
	if v := got.Find("gram_cosine.scale1"); v == nil || v.Value != 1.0/3 {
		t.Errorf("found %+v", v)
	}
	if got.Find("gram_cosine") != nil || (*result.Measures)(nil).Find("gram_cosine") != nil {
		t.Error("found what is not there")
	}
}

func TestMeasuresRefusals(t *testing.T) {
	for want, c := range map[string]func(*result.Measures){
		"two measures":      func(m *result.Measures) { m.Measures[1] = m.Measures[0] },
		"has the group":     func(m *result.Measures) { m.Measures[1].Group = "taste" },
		"has the direction": func(m *result.Measures) { m.Measures[1].Better = "yes" },
		"a comma":           func(m *result.Measures) { m.Measures[1].Name = "a,b" },
		"is empty":          func(m *result.Measures) { m.Measures[1].Name = "" },
		`at "noon"`:         func(m *result.Measures) { m.Shares[0].At = "noon" },
		"step -1":           func(m *result.Measures) { m.Step = -1 },
		`a yardstick ""`:    func(m *result.Measures) { m.Yardstick.ID = "" },
		"256 x -1 pixels":   func(m *result.Measures) { m.Yardstick.Height = -1 },
	} {
		m := measures()
		c(m)
		if err := result.WriteMeasures(t.TempDir(), m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if _, err := result.ParseMeasures([]byte(`{"format": 99, "measures": 3}`)); !errors.Is(err, result.ErrIncompatible) {
		t.Errorf("error %v, want ErrIncompatible", err)
	}
}

// Measures of a run are optional. Damaged measures do not affect the rest of the run.
func TestOpenMeasures(t *testing.T) {
	dir := t.TempDir()
	must(t, result.WritePlan(dir, plan()))
	for _, name := range []string{"a-0", "a-1", "b-0"} {
		at := result.RunDir(dir, name)
		must(t, os.MkdirAll(at, 0o755))
		must(t, result.WriteRun(at, run(name, result.Done)))
		write(t, filepath.Join(at, result.MetricsFile), "step,total\n0,3\n")
		write(t, filepath.Join(at, result.TimesFile), "step,seconds\n0,3\n")
		write(t, filepath.Join(at, result.ImageFile), "png")
	}
	at := result.RunDir(dir, "a-0")
	write(t, filepath.Join(at, result.YardstickFile), "step,style.scale1\n0,3\n25,2\n")
	must(t, result.WriteMeasures(at, measures()))
	write(t, filepath.Join(result.RunDir(dir, "b-0"), result.MeasuresFile), "{")

	e, err := result.Open(dir)
	must(t, err)
	if s := e.Runs[0]; len(s.Yardstick.Column("style.scale1")) != 2 || s.Measures.Find("total_variation") == nil {
		t.Errorf("with: %+v", s)
	}
	if s := e.Runs[1]; s.Status != result.Done || s.Yardstick != nil || s.Measures != nil {
		t.Errorf("without: %+v", s)
	}
	if s := e.Runs[2]; s.Status != result.Done || s.Measures != nil {
		t.Errorf("damaged: %+v", s)
	}
	if len(e.Warnings) != 1 || !strings.Contains(e.Warnings[0], `"b-0": measures.json: not a measures.json`) {
		t.Errorf("warnings: %q", e.Warnings)
	}
}

func TestSpeedTo(t *testing.T) {
	parse := func(s string) *result.Metrics {
		m, err := result.ParseMetrics([]byte(s))
		must(t, err)
		return m
	}
	// At step 10 the value is near the last one, but it moves away afterwards.
	m := parse("step,evaluations,rate,total\n0,1,1,100\n10,12,1,10.4\n20,23,1,11\n30,34,1,10.4\n40,45,1,10.2\n50,56,1,10\n")
	times := parse("step,seconds\n0,0.5\n30,4.5\n40,5\n50,6\n")
	for part, want := range map[float64]result.Speed{
		0.05: {Step: 30, Evaluations: 34, Seconds: 4.5},
		0.02: {Step: 40, Evaluations: 45, Seconds: 5},
		0:    {Step: 50, Evaluations: 56, Seconds: 6},
		10:   {Step: 0, Evaluations: 1, Seconds: 0.5},
	} {
		if s, ok := result.SpeedTo(m, times, "total", part); !ok || s != want {
			t.Errorf("to %v: %+v, %v; want %+v", part, s, ok, want)
		}
	}
	if s, ok := result.SpeedTo(m, nil, "total", 0.05); !ok || s.Step != 30 || !math.IsNaN(s.Seconds) {
		t.Errorf("without times: %+v, %v", s, ok)
	}
	bad := parse("step,evaluations,total,a\n0,1,NaN,1\n1,2,NaN,NaN\n2,3,5,NaN\n")
	if s, ok := result.SpeedTo(bad, nil, "total", 0.5); !ok || s.Step != 2 {
		t.Errorf("after NaN: %+v, %v", s, ok)
	}
	for _, column := range []string{"a", "none"} {
		if _, ok := result.SpeedTo(bad, nil, column, 0.5); ok {
			t.Errorf("a speed of %q", column)
		}
	}
	if _, ok := result.SpeedTo(nil, nil, "total", 0.5); ok {
		t.Error("a speed of nothing")
	}
}

func FuzzParseMeasures(f *testing.F) {
	data, _ := measures().Marshal()
	f.Add(data)
	f.Add([]byte(`{"format": 1, "measures": [{"name": "a", "group": "noise", "value": "NaN"}], "yardstick": {"id": "x"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := result.ParseMeasures(data)
		if err != nil {
			return
		}
		again, err := m.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := result.ParseMeasures(again); err != nil {
			t.Fatalf("written again, refused: %v\n%s", err, again)
		}
	})
}
