package nb

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/result"
)

func TestRecorded(t *testing.T) {
	metrics, err := result.ParseMetrics([]byte("step,evaluations,rate,total,style\n0,1,0.5,30,3\n10,12,0.25,20,2\n"))
	if err != nil {
		t.Fatal(err)
	}
	times, err := result.ParseMetrics([]byte("step,seconds\n0,0.5\n10,1.5\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := Recorded(result.RunState{
		PlannedRun: result.PlannedRun{Name: "run"}, Metrics: metrics, Times: times,
		Run: &result.Run{Terms: []result.Term{{Name: "style", Weight: 10}}},
	})
	if r.Name != "run" || len(r.Trace) != 2 {
		t.Fatalf("%+v", r)
	}
	last := r.Trace[1]
	if last.Step != 10 || last.Evaluations != 12 || last.Rate != 0.25 || last.Seconds != 1.5 || last.Total != 20 {
		t.Errorf("%+v", last)
	}
	if v, ok := value(last, "style"); !ok || v != 20 {
		t.Errorf("the style counts %v, want 10 * 2", v)
	}
	if r := Recorded(result.RunState{PlannedRun: result.PlannedRun{Name: "waiting"}}); r.Name != "waiting" || r.Trace != nil {
		t.Errorf("%+v", r)
	}
	if r := Recorded(result.RunState{Metrics: metrics}); r.Trace[1].Seconds != 0 || r.Trace[1].Terms[0].Weight != 1 {
		t.Errorf("without times and terms: %+v", r.Trace[1])
	}
}

func TestRecordedImage(t *testing.T) {
	dir := t.TempDir()
	if err := ramp(5, 4).Save(filepath.Join(dir, "image.png")); err != nil {
		t.Fatal(err)
	}
	e := &result.Experiment{Dir: dir}
	m, err := RecordedImage(e, result.RunState{Image: "image.png"})
	if err != nil || m.Width != 5 || m.Height != 4 {
		t.Errorf("%v %v", m, err)
	}
	if _, err := RecordedImage(e, result.RunState{PlannedRun: result.PlannedRun{Name: "x"}, Status: result.Waiting}); err == nil || !strings.Contains(err.Error(), "x has no picture: it is "+string(result.Waiting)) {
		t.Errorf("no picture: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "image.png")); err != nil {
		t.Fatal(err)
	}
	if _, err := RecordedImage(e, result.RunState{Image: "image.png"}); err == nil {
		t.Error("a missing file: no error")
	}
}

func TestPlace(t *testing.T) {
	seen := attach(t)
	p := NewPlace()
	p.Interval = time.Hour
	p.Show(Table{})
	p.Show(Table{}) // too soon
	p.ShowNow(42)
	if fmt.Sprint(*seen) != "[true false true true]" {
		t.Errorf("displays %v", *seen)
	}
}
