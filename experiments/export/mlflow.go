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

// Tags by which a run is known again, and by which is known that all of it is there.
const (
	tagID       = "nst_id"
	tagExported = "nst_exported"
)

// Limits of runs/log-batch: of all together, of params and of tags. A thousand
// metrics are far from the million bytes that a request may have.
const (
	maxBatch = 1000
	maxPairs = 100
)

// maxParam is what servers of all versions since 2022 take for a param. What is longer
// is cut; the whole configuration is among the artifacts.
const maxParam = 500

// MLflow sends runs to an MLflow server.
type MLflow struct {
	Address    string              // "https://mlflow.example.org"
	Experiment string              // its name there; empty: each experiment's own
	Env        func(string) string // os.Getenv: MLFLOW_TRACKING_USERNAME, _PASSWORD, _TOKEN
	Say        func(string)        // told what becomes of each run; may be nil
	Wait       time.Duration       // before asking again what failed, doubled each time; 0 is a second
}

// Send brings the server up to date with the runs: what is there is not sent
// again, so that it can be repeated as runs go on, or after a failure. Runs are
// known there by their identity.
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

// sending is one run on its way.
type sending struct {
	*mlflowClient
	Run
	there *mlflowRun
	names map[string]string // of metrics and params there, by ours
}

func (s *sending) over() bool { return s.Status == result.Done || s.Status == result.Failed }

// send sends what is missing and says what that was.
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

// Started is when the run began.
func (s *sending) Started() time.Time { return s.Run.Run.Started }

func (s *sending) tag(key string) string {
	for _, t := range s.there.Data.Tags {
		if t.Key == key {
			return t.Value
		}
	}
	return ""
}

// fingerprint is a hash of what the run has come to.
func (s *sending) fingerprint() string {
	h := sha256.New()
	fmt.Fprintln(h, "mlflow 1", s.Status)
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

// name is a name that MLflow takes: of letters, digits and _ - . / and the space,
// which as a path names nothing else, and at most 250 long.
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

// params are the keys of the configuration that are not there yet: a param there
// can never be changed.
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

// metrics are the values behind the last step that is there of each metric.
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

// update says how the run stands, and that all is there if it is.
func (s *sending) update(ctx context.Context) error {
	status := map[result.Status]string{result.Done: "FINISHED", result.Failed: "FAILED", result.Interrupted: "KILLED", result.Killed: "KILLED", result.Running: "RUNNING"}[s.Status]
	change := map[string]any{"run_id": s.there.Info.RunID, "status": status}
	if end := s.Run.Run.Finished; !end.IsZero() && s.Status != result.Running {
		change["end_time"] = end.UnixMilli()
	}
	err := s.call(ctx, http.MethodPost, "runs/update", change, nil, false)
	if err != nil || !s.over() {
		return err
	}
	return s.call(ctx, http.MethodPost, "runs/set-tag", map[string]string{"run_id": s.there.Info.RunID, "key": tagExported, "value": s.fingerprint()}, nil, false)
}

// refused reports whether the server takes no such request at all.
func refused(err error) bool {
	var e *MLflowError
	return errors.As(err, &e) && slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusServiceUnavailable}, e.Status)
}
