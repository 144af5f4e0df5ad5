package export_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/export"
	"github.com/gonst/workbench/experiments/result"
)

// event is one record of an event file as testdata/read_events.py has it.
type event struct {
	WallTime    float64 `json:"wall_time"`
	Step        int
	FileVersion string `json:"file_version"`
	Values      []struct {
		Tag    string
		Scalar *string
		Image  *struct {
			Width, Height, Colorspace, Bytes int
			PNG                              bool
		}
		Plugin string
		Tensor []any
		Data   map[string]any
	}
}

func eventFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "events.out.tfevents.*"))
	must(t, err)
	own, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	must(t, err)
	return append(own, files...)
}

func readEvents(t *testing.T, files ...string) map[string][]event {
	t.Helper()
	var found map[string][]event
	must(t, json.Unmarshal(python(t, "google.protobuf", append([]string{"testdata/read_events.py"}, files...)...), &found))
	return found
}

// A reader that knows nothing of the writer finds everything in the event files.
func TestTensorBoard(t *testing.T) {
	dir, to := experiment(t), t.TempDir()
	if wrote, err := export.WriteEvents(to, open(t, dir), true); err != nil || !wrote {
		t.Fatalf("wrote %v, %v", wrote, err)
	}
	start := begun.Unix()
	name := fmt.Sprintf("events.out.tfevents.%d.nst", start)
	files := eventFiles(t, to)
	want := []string{filepath.Join(to, name)}
	for _, run := range []string{"w=1-aaaa", "w=2-bbbb", "w=3-cccc"} { // the last has not begun
		want = append(want, filepath.Join(to, run, name))
	}
	if !slices.Equal(files, want) {
		t.Fatalf("the files are %q, want %q", files, want)
	}
	found := readEvents(t, files...)

	for file, events := range found {
		if e := events[0]; e.FileVersion != "brain.Event:2" || e.WallTime != float64(start)+0.5 || e.Step != 0 {
			t.Errorf("%s begins with %+v", file, e)
		}
	}

	// The experiment: what differs, and the metrics that matter.
	experiment := found[files[0]][1].Values[0]
	if experiment.Tag != "_hparams_/experiment" || experiment.Plugin != "hparams" || fmt.Sprint(experiment.Tensor) != "[1 [1] [0]]" {
		t.Errorf("the experiment is %+v", experiment)
	}
	if got, want := compact(experiment.Data), `{"experiment":{"description":"Try <&>","hparam_infos":[{"domain_discrete":[1,2,3],"name":"loss.style.weight","type":3}],`+
		`"metric_infos":[{"name":{"tag":"total"}},{"name":{"tag":"style"}},{"name":{"tag":"content"}},{"name":{"tag":"measure/ssim"}}],"name":"exp","time_created_secs":1777863721.5}}`; got != want {
		t.Errorf("the experiment is\n%s, want\n%s", got, want)
	}

	// A whole run.
	got := describe(found[files[1]])
	wantEvents := []string{
		"0.00 0 _hparams_/session_start_info",
		"0.25 0 evaluations=1 rate=0.1 total=2 style=2 style/conv1_1=1.5 yardstick/content/relu4_2=0 yardstick/style/relu1_1=3",
		"0.25 0 image 4x3",
		"0.75 1 evaluations=2 rate=0.1 total=0.13 style=0.13 style/conv1_1=0.1",
		"1.50 2 evaluations=4 rate=0.05 total=0.125 style=0.125 style/conv1_1=0.1 yardstick/content/relu4_2=0.5 yardstick/style/relu1_1=0.25",
		"1.50 2 image 4x3",
		"1.50 3 image 4x3",
		"1.50 3 measure/gram_cosine/relu1_1=0.75 measure/ssim=nan",
		"1.50 3 _hparams_/session_end_info",
	}
	if !slices.Equal(got, wantEvents) {
		t.Errorf("the run's events are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wantEvents, "\n"))
	}
	first, last := found[files[1]][1].Values[0].Data, found[files[1]][len(found[files[1]])-1].Values[0].Data
	if got, want := compact(first), `{"session_start_info":{"hparams":[{"key":"seed","value":1},{"key":"images.content","value":"a \"b\", c.png"},{"key":"loss.style.weight","value":1},`+
		`{"key":"loss.style.layers","value":"conv1_1, conv2_1"},{"key":"optimizer.kind","value":"adam"},{"key":"optimizer.nesterov","value":false}],"start_time_secs":1777863721.5}}`; got != want {
		t.Errorf("its hyperparameters are\n%s, want\n%s", got, want)
	}
	if got, want := compact(last), `{"session_end_info":{"end_time_secs":1777863723.5,"status":1}}`; got != want {
		t.Errorf("its end is\n%s, want\n%s", got, want)
	}

	// A failed one ends with what was not finite, and as a failure.
	failed := describe(found[files[2]])
	if !slices.ContainsFunc(failed, func(s string) bool {
		return strings.Contains(s, "total=inf style=nan style/conv1_1=-inf")
	}) {
		t.Errorf("the failed run's events are\n%s", strings.Join(failed, "\n"))
	}
	if end := found[files[2]]; compact(end[len(end)-1].Values[0].Data) != `{"session_end_info":{"end_time_secs":1777863723.5,"status":2}}` {
		t.Errorf("the failed run ends with %+v", end[len(end)-1])
	}
}

func compact(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return strings.TrimSpace(b.String())
}

// describe writes what a run's events say behind the first, a line each: seconds
// since the start, step, values.
func describe(events []event) []string {
	var lines []string
	for _, e := range events[1:] {
		line := fmt.Sprintf("%.2f %d", e.WallTime-events[0].WallTime, e.Step)
		for _, v := range e.Values {
			switch {
			case v.Scalar != nil:
				f, _ := strconv.ParseFloat(*v.Scalar, 64)
				line += fmt.Sprintf(" %s=%s", v.Tag, strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(math.Round(f*1e6)/1e6, 'g', -1, 64), "+")))
			case v.Image != nil:
				line += fmt.Sprintf(" %s %dx%d", v.Tag, v.Image.Width, v.Image.Height)
				if !v.Image.PNG || v.Image.Colorspace != 3 || v.Image.Bytes < 60 {
					line += " BROKEN"
				}
			default:
				line += " " + v.Tag
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// A run that goes on is appended to; one that says all already is not touched; a
// file that says something else, and that of an abandoned attempt, are replaced.
func TestEventsGrow(t *testing.T) {
	dir, to := experiment(t), t.TempDir()
	at := filepath.Join(result.Attempts(dir, "w=3-cccc"), "one")
	rows := "step,evaluations,rate,total,style,style.conv1_1,content\n"
	file := filepath.Join(to, "w=3-cccc", fmt.Sprintf("events.out.tfevents.%d.nst", begun.Unix()))
	write := func() []byte {
		t.Helper()
		must(t, os.WriteFile(filepath.Join(at, "metrics.csv"), []byte(rows), 0o666))
		if _, err := export.WriteEvents(to, open(t, dir), true); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		must(t, err)
		return data
	}
	before := write()
	inode, err := os.Stat(file)
	must(t, err)
	for step := range 5 {
		rows += fmt.Sprintf("%d,1,0.1,%d,2,1.5,7\n", step, 100-step)
		data := write()
		if !strings.HasPrefix(string(data), string(before)) || step > 0 && len(data) <= len(before) {
			t.Fatalf("at step %d, %d bytes do not continue %d", step, len(data), len(before))
		}
		before = data
	}
	if now, err := os.Stat(file); err != nil || !os.SameFile(inode, now) {
		t.Errorf("the file was replaced, not appended to: %v", err)
	}
	// It is done, and moves to where it is published.
	run, err := result.ReadRun(at)
	must(t, err)
	run.Status, run.Steps, run.Finished = result.Done, 5, begun.Add(time.Minute)
	must(t, result.WriteRun(at, run))
	must(t, os.Rename(at, filepath.Join(dir, "w=3-cccc")))
	_, err = export.WriteEvents(to, open(t, dir), true)
	must(t, err)
	whole, err := os.ReadFile(file)
	must(t, err)
	if !strings.HasPrefix(string(whole), string(before)) || len(whole) == len(before) {
		t.Error("the end is no continuation")
	}
	if lines := describe(readEvents(t, file)[file]); len(lines) != 1+5+2+1+1 { // start, rows, frames, picture, end
		t.Errorf("the whole run's events are\n%s", strings.Join(lines, "\n"))
	}

	if wrote, err := export.WriteEvents(to, open(t, dir), true); wrote || err != nil {
		t.Errorf("asked again: wrote %v, %v", wrote, err)
	}
	// Damage, and a file of an attempt that nothing came of.
	abandoned := filepath.Join(filepath.Dir(file), "events.out.tfevents.1000000000.nst")
	foreign := filepath.Join(filepath.Dir(file), "events.out.tfevents.1000000000.host")
	for _, f := range []string{abandoned, foreign} {
		must(t, os.WriteFile(f, []byte("x"), 0o666))
	}
	must(t, os.WriteFile(file, append([]byte{0}, whole...), 0o666))
	_, err = export.WriteEvents(to, open(t, dir), true)
	must(t, err)
	if again, _ := os.ReadFile(file); string(again) != string(whole) {
		t.Error("damage was not mended")
	}
	if _, err := os.Stat(abandoned); err == nil {
		t.Error("an abandoned attempt's file is still there")
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("another program's file is gone: %v", err)
	}
}
