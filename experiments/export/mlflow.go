package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/result"
)

// Tags that identify a run, and that mark it as completely exported.
const (
	tagID       = "nst_id"
	tagExported = "nst_exported"
	tagStopped  = "nst_stopped"         // why a rule stopped the run early
	tagTags     = "tags"                // of the run, with spaces between them
	tagNote     = "mlflow.note.content" // MLflow shows it as the run's description
)

// Limits of runs/log-batch: all entries, and params and tags. A thousand metrics are
// much smaller than the limit of a million bytes per request.
const (
	maxBatch = 1000
	maxPairs = 100
)

// maxParam is the length of a param that all servers since 2022 accept. Longer values
// are cut; the artifacts have the whole configuration.
const maxParam = 500

// MLflow sends runs to an MLflow server.
type MLflow struct {
	Address    string              // "https://mlflow.example.org"
	Experiment string              // its name on the server; empty: each experiment's own name
	Env        func(string) string // os.Getenv: MLFLOW_TRACKING_USERNAME, _PASSWORD, _TOKEN
	Say        func(string)        // called with the outcome of each run; may be nil
	Wait       time.Duration       // before the first retry, doubled each time; 0 is a second
}

// Send updates the server with the runs. It does not send existing data again, so you
// can repeat it during a sweep or after a failure. A tag with its identity identifies
// each run.
func (m MLflow) Send(ctx context.Context, runs []Run) error {
	if m.Wait <= 0 {
		m.Wait = time.Second
	}
	if m.Say == nil {
		m.Say = func(string) {}
	}
	c, err := newMLflow(m.Address, m.Env, m.Wait)
	if err != nil {
		return err
	}
	experiments := map[string]string{}
	for _, r := range runs {
		name := m.Experiment
		if name == "" {
			name = r.Experiment.Plan.Experiment
		}
		if r.Run == nil {
			m.Say(fmt.Sprintf("%s: %s, nothing to send", r.Name, r.Status))
			continue
		}
		if experiments[name] == "" {
			if experiments[name], err = c.experiment(ctx, name); err != nil {
				return err
			}
		}
		s := &sending{mlflowClient: c, Run: r}
		said, err := s.send(ctx, experiments[name])
		if err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		m.Say(r.Name + ": " + said)
	}
	return nil
}

// sending is one run being sent.
type sending struct {
	*mlflowClient
	Run
	there *mlflowRun
	names map[string]string // the server's names of metrics and params, by ours
}

func (s *sending) over() bool { return s.Status.Ended() }

// send sends the missing data and describes it.
func (s *sending) send(ctx context.Context, experiment string) (said string, err error) {
	if s.there, err = s.find(ctx, experiment, s.ID); err != nil {
		return "", err
	}
	if s.there != nil && s.over() && s.tag(tagExported) == s.fingerprint() {
		return "already up to date", nil
	}
	if s.there == nil {
		tags := []mlflowPair{{tagID, s.ID}, {"nst_experiment", s.Experiment.Plan.Experiment}, {"mlflow.source.name", "nst"}, {"mlflow.source.type", "LOCAL"}}
		for _, a := range s.Experiment.Plan.Axes {
			if v, ok := s.Values[a.Key]; ok {
				tags = append(tags, mlflowPair{s.name("axis." + a.Key), cut(v, maxParam)})
			}
		}
		tags = tags[:min(len(tags), maxPairs)]
		if s.there, err = s.create(ctx, experiment, s.ID, s.Name, s.Started().UnixMilli(), tags); err != nil {
			return "", err
		}
	}
	params, metrics := s.params(), s.metrics()
	if err := s.log(ctx, params, metrics); err != nil {
		return "", err
	}
	parts := []string{counted(len(params), "param"), counted(len(metrics), "metric value")}
	if s.over() {
		n, why, err := s.artifacts(ctx)
		if err != nil {
			return "", err
		}
		parts = append(parts, counted(n, "file"))
		if why != "" {
			parts = append(parts, why)
		}
	}
	if err := s.update(ctx); err != nil {
		return "", err
	}
	return strings.Join(parts, ", "), nil
}

// Started returns when the run began.
func (s *sending) Started() time.Time { return s.Run.Run.Started }

func (s *sending) tag(key string) string {
	for _, t := range s.there.Data.Tags {
		if t.Key == key {
			return t.Value
		}
	}
	return ""
}

// fingerprint returns a hash of the state of the run.
func (s *sending) fingerprint() string {
	h := sha256.New()
	fmt.Fprintln(h, "mlflow 1", s.Status)
	if len(s.Tags) > 0 || s.Note != "" {
		fmt.Fprintln(h, s.Tags, s.Note)
	}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range s.Run.Run.Sums {
			if !yield(name) {
				return
			}
		}
	}) {
		fmt.Fprintln(h, name, s.Run.Run.Sums[name])
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_. /-]`)

// name returns a name that MLflow accepts: letters, digits, _ - . / and spaces, a clean
// path, at most 250 characters.
func (s *sending) name(ours string) string {
	if there, ok := s.names[ours]; ok {
		return there
	}
	if s.names == nil {
		s.names = map[string]string{}
	}
	there := notInNames.ReplaceAllString(ours, "_")
	if path.Clean(there) != there || strings.HasPrefix(there, "..") || strings.HasPrefix(there, "/") || there == "." {
		there = strings.Trim(strings.ReplaceAll(there, "/", "_"), ".")
	}
	there = there[:min(len(there), 240)]
	free, taken := there, func(name string) bool {
		for _, n := range s.names {
			if n == name {
				return true
			}
		}
		return false
	}
	for n := 2; taken(free) || free == ""; n++ {
		free = fmt.Sprintf("%s_%d", there, n)
	}
	s.names[ours] = free
	return free
}

func cut(s string, n int) string {
	r := []rune(s)
	if len(r) > n {
		s = string(r[:n-1]) + "…"
	}
	return s
}

// params returns the keys of the configuration that the server does not have. MLflow
// never changes a param.
func (s *sending) params() []mlflowPair {
	var all []mlflowPair
	for _, c := range s.Config {
		p := mlflowPair{s.name(c.Key), cut(c.Text(), maxParam)}
		if !slices.ContainsFunc(s.there.Data.Params, func(q mlflowPair) bool { return q.Key == p.Key }) {
			all = append(all, p)
		}
	}
	return all
}

// metrics returns the values after the last step that the server has of each metric.
func (s *sending) metrics() []mlflowMetric {
	last := map[string]int64{}
	for _, m := range s.there.Data.Metrics {
		last[m.Key] = int64(m.Step)
	}
	var all []mlflowMetric
	began := s.Started().UnixMilli()
	add := func(column string, v, seconds float64, step int) {
		key := s.name(tag(column))
		if done, ok := last[key]; ok && int64(step) <= done {
			return
		}
		m := mlflowMetric{Key: key, Value: v, Timestamp: began, Step: int64(step)}
		switch {
		case math.IsNaN(v):
			m.Value = "NaN"
		case math.IsInf(v, 1):
			m.Value = "Infinity"
		case math.IsInf(v, -1):
			m.Value = "-Infinity"
		}
		if !math.IsNaN(seconds) && seconds >= 0 {
			m.Timestamp += int64(1000 * seconds)
		}
		all = append(all, m)
	}
	c := s.Curves()
	for i, row := range c.Rows {
		for j, name := range c.Columns {
			if !c.Missing(i, j) {
				add(name, row.Values[j], row.Seconds, row.Step)
			}
		}
	}
	if s.Measures != nil && s.over() {
		for _, m := range s.Measures.Measures {
			add("measure."+m.Key(), float64(m.Value), s.Run.Run.Seconds, s.Run.Run.Steps)
		}
	}
	return all
}

// log sends params and metrics in batches.
func (s *sending) log(ctx context.Context, params []mlflowPair, metrics []mlflowMetric) error {
	for len(params)+len(metrics) > 0 {
		p := params[:min(len(params), maxPairs)]
		m := metrics[:min(len(metrics), maxBatch-len(p))]
		params, metrics = params[len(p):], metrics[len(m):]
		batch := map[string]any{"run_id": s.there.Info.RunID}
		if len(p) > 0 {
			batch["params"] = p
		}
		if len(m) > 0 {
			batch["metrics"] = m
		}
		if err := s.call(ctx, http.MethodPost, "runs/log-batch", batch, nil, false); err != nil {
			return err
		}
	}
	return nil
}

// update sends the status of the run, and whether it is completely exported.
func (s *sending) update(ctx context.Context) error {
	status := map[result.Status]string{result.Done: "FINISHED", result.Stopped: "FINISHED", result.Failed: "FAILED", result.Interrupted: "KILLED", result.Killed: "KILLED", result.Running: "RUNNING"}[s.Status]
	change := map[string]any{"run_id": s.there.Info.RunID, "status": status}
	if end := s.Run.Run.Finished; !end.IsZero() && s.Status != result.Running {
		change["end_time"] = end.UnixMilli()
	}
	err := s.call(ctx, http.MethodPost, "runs/update", change, nil, false)
	for _, t := range []mlflowPair{{tagTags, strings.Join(s.Tags, " ")}, {tagNote, s.Note}, {tagStopped, s.Run.Run.Pruned}} {
		if err == nil && s.tag(t.Key) != t.Value {
			err = s.setTag(ctx, t.Key, t.Value)
		}
	}
	if err != nil || !s.over() {
		return err
	}
	return s.setTag(ctx, tagExported, s.fingerprint())
}

func (s *sending) setTag(ctx context.Context, key, value string) error {
	return s.call(ctx, http.MethodPost, "runs/set-tag", map[string]string{"run_id": s.there.Info.RunID, "key": key, "value": value}, nil, false)
}

// refused reports whether the server does not support the request.
func refused(err error) bool {
	var e *MLflowError
	return errors.As(err, &e) && slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusServiceUnavailable}, e.Status)
}
