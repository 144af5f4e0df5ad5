package export_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/export"
	"github.com/gonst/workbench/experiments/export/mlflowtest"
	"github.com/gonst/workbench/experiments/result"
)

// sender sends to a server that forgives nothing; said is what became of each run.
func sender(t *testing.T, s *mlflowtest.Server, env ...string) (m export.MLflow, said *[]string) {
	t.Helper()
	said = new([]string)
	t.Cleanup(func() {
		s.Close()
		for _, f := range s.Faults() {
			t.Errorf("the server refused %s", f)
		}
	})
	return export.MLflow{Address: s.URL, Wait: time.Millisecond,
		Env: func(name string) string {
			for _, e := range env {
				if v, ok := strings.CutPrefix(e, name+"="); ok {
					return v
				}
			}
			return ""
		},
		Say: func(line string) { *said = append(*said, line) }}, said
}

func TestMLflow(t *testing.T) {
	s := mlflowtest.New()
	m, said := sender(t, s)
	dir := experiment(t)
	must(t, m.Send(t.Context(), open(t, dir)))
	if want := []string{
		"w=1-aaaa: 6 params, 21 metric values, 9 files",
		"w=2-bbbb: 6 params, 10 metric values, 7 files",
		"w=3-cccc: 6 params, 6 metric values",
		"w=4-dddd: waiting, nothing to send",
	}; !slices.Equal(*said, want) {
		t.Errorf("it said\n%s, want\n%s", strings.Join(*said, "\n"), strings.Join(want, "\n"))
	}
	runs := s.Runs()
	if len(runs) != 3 {
		t.Fatalf("%d runs there", len(runs))
	}
	one := runs[0]
	if one.Name != "w=1-aaaa" || one.Status != "FINISHED" || one.Start != begun.UnixMilli() || one.End != begun.Add(2*time.Second).UnixMilli() ||
		one.Tags["nst_id"] != "aaaaaaaa" || one.Tags["axis.loss.style.weight"] != "1" {
		t.Errorf("the run is %+v", one)
	}
	if one.Params["images.content"] != `a "b", c.png` || one.Params["loss.style.weight"] != "1" || one.Params["optimizer.nesterov"] != "false" {
		t.Errorf("its params are %v", one.Params)
	}
	if got, want := one.Metrics["style/conv1_1"], []mlflowtest.Metric{
		{Value: 1.5, Timestamp: begun.UnixMilli() + 250, Step: 0}, {Value: 0.1, Timestamp: begun.UnixMilli() + 750, Step: 1}, {Value: 0.1, Timestamp: begun.UnixMilli() + 1500, Step: 2},
	}; !slices.Equal(got, want) {
		t.Errorf("a metric is %v, want %v", got, want)
	}
	if got := one.Metrics["measure/gram_cosine/relu1_1"]; len(got) != 1 || got[0].Value != 0.75 || got[0].Step != 3 {
		t.Errorf("a measure is %v", got)
	}
	if got := fmt.Sprintln(one.Metrics["measure/ssim"][0].Value, runs[1].Metrics["total"][1].Value, runs[1].Metrics["style/conv1_1"][1].Value, runs[1].Status, runs[2].Status); got != "NaN Infinity -Infinity FAILED RUNNING\n" {
		t.Errorf("what is not finite, and how runs ended: %s", got)
	}
	image, err := os.ReadFile(filepath.Join(dir, "w=1-aaaa", "frames", "000002.png"))
	must(t, err)
	if !bytes.Equal(s.Files()["1/"+one.ID+"/artifacts/frames/000002.png"], image) {
		t.Errorf("the files there are %d, without that frame", len(s.Files()))
	}

	// Asked again, nothing is sent.
	s.Requests()
	*said = nil
	must(t, m.Send(t.Context(), open(t, dir)[:2]))
	if r := s.Requests(); len(r) != 3 || strings.Join(*said, " ") != "w=1-aaaa: already up to date w=2-bbbb: already up to date" {
		t.Errorf("asked again, it said %q and asked %q", *said, r)
	}

	// Tags and notes are changed there, also of a run that is there.
	note := "calm"
	must(t, result.WriteTagging(dir, &result.Tagging{Runs: []string{"aaaaaaaa"}, Add: []string{"draft", "best"}, Note: &note}))
	must(t, m.Send(t.Context(), open(t, dir)[:2]))
	if r := s.Runs(); r[0].Tags["tags"] != "best draft" || r[0].Tags["mlflow.note.content"] != "calm" || r[1].Tags["tags"] != "" {
		t.Errorf("the tags there are %v and %v", r[0].Tags, r[1].Tags)
	}
	note = ""
	must(t, result.WriteTagging(dir, &result.Tagging{Runs: []string{"aaaaaaaa"}, Remove: []string{"draft", "best"}, Note: &note}))
	must(t, m.Send(t.Context(), open(t, dir)[:2]))
	if r := s.Runs(); r[0].Tags["tags"] != "" || r[0].Tags["mlflow.note.content"] != "" {
		t.Errorf("the removed tags there are %v", r[0].Tags)
	}

	// A run that goes on is continued, with what is new.
	at := filepath.Join(result.Attempts(dir, "w=3-cccc"), "one")
	must(t, os.WriteFile(filepath.Join(at, "metrics.csv"), []byte("step,evaluations,rate,total,style,style.conv1_1,content\n0,1,0.1,2,2,1.5,7\n1,2,0.1,1,1,1,6\n"), 0o666))
	run, err := result.ReadRun(at)
	must(t, err)
	run.Status, run.Finished = result.Done, begun.Add(time.Minute)
	must(t, result.WriteRun(at, run))
	must(t, os.Rename(at, filepath.Join(dir, "w=3-cccc")))
	*said = nil
	must(t, m.Send(t.Context(), open(t, dir)[2:3]))
	if got := strings.Join(*said, ""); got != "w=3-cccc: 0 params, 6 metric values, 7 files" {
		t.Errorf("going on, it said %q", got)
	}
	if r := s.Runs(); len(r) != 3 || len(r[2].Metrics["total"]) != 2 || r[2].Status != "FINISHED" {
		t.Errorf("the continued run is %+v", r[2])
	}
	// Another name is another experiment.
	m.Experiment = "mine"
	must(t, m.Send(t.Context(), open(t, dir)[:1]))
	if r := s.Runs(); len(r) != 4 || r[3].Experiment != "2" {
		t.Errorf("under another name: %d runs", len(r))
	}
}

// Whatever fails on the way, and wherever: asked again, all is there, once.
func TestMLflowFailures(t *testing.T) {
	dir := experiment(t)
	var whole int
	{
		s := mlflowtest.New()
		m, _ := sender(t, s)
		must(t, m.Send(t.Context(), open(t, dir)[:1]))
		whole = len(s.Requests())
	}
	for at := range whole {
		for _, how := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests, -1, http.StatusForbidden} {
			s := mlflowtest.New()
			m, said := sender(t, s)
			n := 0
			s.Fail = func(*http.Request) int {
				n++
				if n == at+1 {
					return how
				}
				return 0
			}
			err := m.Send(t.Context(), open(t, dir)[:1])
			if (err != nil) != (how == http.StatusForbidden) {
				t.Errorf("request %d answered with %d: %v", at, how, err)
			}
			if how == http.StatusForbidden {
				if !strings.Contains(err.Error(), "403 Forbidden") || !strings.Contains(err.Error(), "MLFLOW_TRACKING_TOKEN") {
					t.Errorf("the error is %v", err)
				}
				must(t, m.Send(t.Context(), open(t, dir)[:1]))
			}
			runs := s.Runs()
			if len(runs) != 1 || len(runs[0].Params) != 6 || len(s.Files()) != 9 || runs[0].Tags["nst_exported"] == "" {
				t.Errorf("request %d answered with %d: %d runs, %d files, it said %q", at, how, len(runs), len(s.Files()), *said)
				continue
			}
			if len(runs[0].Metrics["total"]) < 3 {
				t.Errorf("request %d answered with %d: the total is %v", at, how, runs[0].Metrics["total"])
			}
		}
	}
}

func TestMLflowLimits(t *testing.T) {
	s := mlflowtest.New()
	m, said := sender(t, s)
	dir := experiment(t)
	rows := "step,evaluations,rate,total,über/../x,b:c,b;c\n"
	for i := range 700 {
		rows += fmt.Sprintf("%d,1,1,1,1,1,1\n", i)
	}
	must(t, os.WriteFile(filepath.Join(dir, "w=1-aaaa", "metrics.csv"), []byte(rows), 0o666))
	config := "[a]\n"
	for i := range 250 {
		config += fmt.Sprintf("k%d = %q\n", i, strings.Repeat("ä", 600))
	}
	must(t, os.WriteFile(filepath.Join(dir, "w=1-aaaa", "config.toml"), []byte(config), 0o666))
	must(t, m.Send(t.Context(), open(t, dir)[:1]))
	if !strings.HasPrefix((*said)[0], "w=1-aaaa: 250 params, 4206 metric values") {
		t.Errorf("it said %q", *said)
	}
	r := s.Runs()[0]
	if len(r.Metrics["b_c"]) != 700 || len(r.Metrics["b_c_2"]) != 700 {
		t.Errorf("metrics of like names: %d and %d", len(r.Metrics["b_c"]), len(r.Metrics["b_c_2"]))
	}
}

func TestMLflowAccess(t *testing.T) {
	dir := experiment(t)
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:secret"))
	for _, c := range []struct {
		want string
		env  []string
		user string
	}{
		{"Bearer tok", []string{"MLFLOW_TRACKING_TOKEN=tok"}, ""},
		{basic, []string{"MLFLOW_TRACKING_USERNAME=me", "MLFLOW_TRACKING_PASSWORD=secret", "MLFLOW_TRACKING_TOKEN=tok"}, ""},
		{basic, nil, "me:secret@"},
	} {
		s := mlflowtest.New()
		s.Authorization = c.want
		m, _ := sender(t, s, c.env...)
		m.Address = strings.Replace(s.URL, "http://", "http://"+c.user, 1)
		if err := m.Send(t.Context(), open(t, dir)[:1]); err != nil {
			t.Errorf("%q: %v", c.env, err)
		}
	}

	s := mlflowtest.New()
	s.Artifacts = "s3://bucket/mlflow"
	s.AddExperiment("gone", "deleted")
	m, said := sender(t, s)
	must(t, m.Send(t.Context(), open(t, dir)[:1]))
	if !strings.Contains((*said)[0], `0 files, no pictures, for artifacts are kept at "s3://bucket/mlflow"`) {
		t.Errorf("it said %q", *said)
	}
	m.Experiment = "gone"
	if err := m.Send(t.Context(), open(t, dir)[:1]); err == nil || !strings.Contains(err.Error(), `"gone" is deleted: restore it`) {
		t.Errorf("a deleted experiment: %v", err)
	}
	m.Address = "ftp://me:secret@x"
	if err := m.Send(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "such as http://localhost:5000") {
		t.Errorf("no address: %v", err)
	}
	m.Address = "http://me:secret@127.0.0.1:1"
	if err := m.Send(t.Context(), open(t, dir)[:1]); err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "MLflow at 127.0.0.1:1 did not answer") {
		t.Errorf("nobody there: %v", err)
	}
	page := mlflowtest.New()
	defer page.Close()
	page.Fail = func(*http.Request) int { return http.StatusOK } // a page of something else
	m.Address = page.URL
	if err := m.Send(t.Context(), open(t, dir)[:1]); err == nil || !strings.Contains(err.Error(), "an MLflow server?") {
		t.Errorf("another server: %v", err)
	}
}
