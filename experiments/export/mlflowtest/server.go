// Package mlflowtest is a server for tests that answers as an MLflow tracking
// server does, and refuses whatever its documentation
// (mlflow.org/docs/latest/rest-api.html) does not allow: unknown or missing
// fields, wrong types, names and lengths, batches that are too large, params that
// change. It keeps what it was sent, for the test to look at.
package mlflowtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Server is a running server. Close it.
type Server struct {
	*httptest.Server
	// Authorization is the header that every request must have; empty: any.
	Authorization string
	// Artifacts is where runs keep theirs; "mlflow-artifacts:" passes them on.
	Artifacts string
	// Fail is asked before each request and may answer in the server's place: a
	// status of HTTP, or -1 to do what is asked and cut the line before the answer.
	Fail func(r *http.Request) int

	mu          sync.Mutex
	experiments []*Experiment
	runs        []*Run
	files       map[string][]byte
	requests    []string
	faults      []string
}

// Experiment is an experiment of the server.
type Experiment struct {
	ID, Name, Stage string
}

// Run is a run of the server.
type Run struct {
	ID, Experiment, Name, Status string
	Start, End                   int64
	Tags, Params                 map[string]string
	Metrics                      map[string][]Metric // in the order of arrival
}

// Metric is one logged value: a float64, or "NaN", "Infinity", "-Infinity".
type Metric struct {
	Value           any
	Timestamp, Step int64
}

// New starts a server on loopback.
func New() *Server {
	s := &Server{Artifacts: "mlflow-artifacts:", files: map[string][]byte{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

// Runs, Files, Requests and Faults are what there is: faults are requests that a
// real server would have refused.
func (s *Server) Runs() []*Run { s.mu.Lock(); defer s.mu.Unlock(); return slices.Clone(s.runs) }

// Files are the artifacts by path.
func (s *Server) Files() map[string][]byte { s.mu.Lock(); defer s.mu.Unlock(); return s.files }

// Requests are the methods and paths of all requests since the last call.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.requests
	s.requests = nil
	return all
}

// Faults are the reasons of all refusals.
func (s *Server) Faults() []string { s.mu.Lock(); defer s.mu.Unlock(); return slices.Clone(s.faults) }

// AddExperiment puts an experiment there.
func (s *Server) AddExperiment(name, stage string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.experiments = append(s.experiments, &Experiment{ID: fmt.Sprint(len(s.experiments) + 1), Name: name, Stage: stage})
}

// fault is a refusal.
type fault struct {
	status        int
	code, message string
}

func invalid(format string, args ...any) *fault {
	return &fault{http.StatusBadRequest, "INVALID_PARAMETER_VALUE", fmt.Sprintf(format, args...)}
}

func missing(format string, args ...any) *fault {
	return &fault{http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", fmt.Sprintf(format, args...)}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	lose := false
	if s.Fail != nil {
		switch status := s.Fail(r); {
		case status < 0:
			lose = true
		case status > 0:
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html>upstream is not well</html>")
			return
		}
	}
	var answer any
	var f *fault
	if s.Authorization != "" && r.Header.Get("Authorization") != s.Authorization {
		f = &fault{http.StatusUnauthorized, "", "You are not authenticated"}
	} else {
		answer, f = s.answer(r)
	}
	if lose {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	if f != nil {
		if f.code != "RESOURCE_DOES_NOT_EXIST" && f.code != "RESOURCE_ALREADY_EXISTS" { // these are answers
			s.faults = append(s.faults, fmt.Sprintf("%s %s: %s", r.Method, r.URL.Path, f.message))
		}
		w.WriteHeader(f.status)
		answer = map[string]string{"error_code": f.code, "message": f.message}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

const (
	api       = "/api/2.0/mlflow/"
	artifacts = "/api/2.0/mlflow-artifacts/artifacts"
)

func (s *Server) answer(r *http.Request) (any, *fault) {
	if name, ok := strings.CutPrefix(r.URL.Path, artifacts); ok {
		return s.artifact(r, strings.TrimPrefix(name, "/"))
	}
	name, ok := strings.CutPrefix(r.URL.Path, api)
	if !ok {
		return nil, &fault{http.StatusNotFound, "", "no such page"}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, invalid("%v", err)
	}
	if r.Method == http.MethodPost {
		if kind := r.Header.Get("Content-Type"); kind != "application/json" {
			return nil, invalid("the content type %q, not application/json", kind)
		}
		if len(body) > 1_000_000 {
			return nil, invalid("a request of %d bytes", len(body))
		}
	}
	switch r.Method + " " + name {
	case "GET experiments/get-by-name":
		return s.getByName(r.URL.Query().Get("experiment_name"))
	case "POST experiments/create":
		return s.createExperiment(body)
	case "POST runs/search":
		return s.search(body)
	case "POST runs/create":
		return s.createRun(body)
	case "POST runs/log-batch":
		return s.logBatch(body)
	case "POST runs/update":
		return s.update(body)
	case "POST runs/set-tag":
		return s.setTag(body)
	}
	return nil, &fault{http.StatusNotFound, "ENDPOINT_NOT_FOUND", "no endpoint " + r.Method + " " + name}
}

// strict decodes a request that has no field beyond those documented.
func strict(body []byte, into any) *fault {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return invalid("%v in %.200s", err, body)
	}
	return nil
}

func (s *Server) getByName(name string) (any, *fault) {
	for _, e := range s.experiments {
		if e.Name == name {
			return map[string]any{"experiment": map[string]any{"experiment_id": e.ID, "name": e.Name, "lifecycle_stage": e.Stage}}, nil
		}
	}
	return nil, missing("Could not find experiment with name '%s'", name)
}

func (s *Server) createExperiment(body []byte) (any, *fault) {
	var in struct {
		Name     string `json:"name"`
		Location string `json:"artifact_location"`
		Tags     []pair `json:"tags"`
	}
	if f := strict(body, &in); f != nil {
		return nil, f
	}
	if in.Name == "" || len(in.Name) > 500 {
		return nil, invalid("the experiment's name %q", in.Name)
	}
	if _, f := s.getByName(in.Name); f == nil {
		return nil, &fault{http.StatusBadRequest, "RESOURCE_ALREADY_EXISTS", "Experiment '" + in.Name + "' already exists."}
	}
	e := &Experiment{ID: fmt.Sprint(len(s.experiments) + 1), Name: in.Name, Stage: "active"}
	s.experiments = append(s.experiments, e)
	return map[string]string{"experiment_id": e.ID}, nil
}

type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

var filter = regexp.MustCompile(`^tags\.([A-Za-z0-9_]+) = '([^']*)'$`)

func (s *Server) search(body []byte) (any, *fault) {
	var in struct {
		Experiments []string `json:"experiment_ids"`
		Filter      string   `json:"filter"`
		View        string   `json:"run_view_type"`
		Max         int      `json:"max_results"`
		Order       []string `json:"order_by"`
		Page        string   `json:"page_token"`
	}
	if f := strict(body, &in); f != nil {
		return nil, f
	}
	m := filter.FindStringSubmatch(in.Filter)
	if m == nil || !slices.Contains([]string{"ACTIVE_ONLY", "DELETED_ONLY", "ALL"}, in.View) || in.Max < 1 || in.Max > 50000 {
		return nil, invalid("a search for %+v", in)
	}
	found := []any{}
	for _, r := range s.runs {
		if slices.Contains(in.Experiments, r.Experiment) && r.Tags[m[1]] == m[2] && len(found) < in.Max {
			found = append(found, s.show(r))
		}
	}
	if len(found) == 0 {
		return map[string]any{}, nil // empty fields are left out, as protocol buffers do
	}
	return map[string]any{"runs": found}, nil
}

// show is a run as the server tells of it: of metrics the last ones only.
func (s *Server) show(r *Run) any {
	pairs := func(m map[string]string) (all []pair) {
		for k, v := range m {
			all = append(all, pair{k, v})
		}
		sort.Slice(all, func(i, j int) bool { return all[i].Key < all[j].Key })
		return all
	}
	var metrics []map[string]any
	for k, all := range r.Metrics {
		last := all[0]
		for _, m := range all {
			if m.Step > last.Step || m.Step == last.Step && m.Timestamp >= last.Timestamp {
				last = m
			}
		}
		// Whole numbers of 64 bits are in quotes in the JSON of protocol buffers; servers differ.
		metrics = append(metrics, map[string]any{"key": k, "value": last.Value, "timestamp": last.Timestamp, "step": fmt.Sprint(last.Step)})
	}
	location := s.Artifacts
	if location == "mlflow-artifacts:" {
		location += "/" + r.Experiment + "/" + r.ID + "/artifacts"
	}
	return map[string]any{
		"info": map[string]any{"run_id": r.ID, "experiment_id": r.Experiment, "run_name": r.Name, "status": r.Status, "artifact_uri": location,
			"start_time": r.Start, "lifecycle_stage": "active"},
		"data": map[string]any{"tags": pairs(r.Tags), "params": pairs(r.Params), "metrics": metrics},
	}
}

func (s *Server) createRun(body []byte) (any, *fault) {
	var in struct {
		Experiment string `json:"experiment_id"`
		Name       string `json:"run_name"`
		User       string `json:"user_id"`
		Start      int64  `json:"start_time"`
		Tags       []pair `json:"tags"`
	}
	if f := strict(body, &in); f != nil {
		return nil, f
	}
	if !slices.ContainsFunc(s.experiments, func(e *Experiment) bool { return e.ID == in.Experiment && e.Stage == "active" }) {
		return nil, missing("No active experiment with id=%s exists", in.Experiment)
	}
	r := &Run{ID: fmt.Sprintf("%032x", len(s.runs)+1), Experiment: in.Experiment, Name: in.Name, Status: "RUNNING", Start: in.Start,
		Tags: map[string]string{}, Params: map[string]string{}, Metrics: map[string][]Metric{}}
	if f := r.tag(in.Tags); f != nil {
		return nil, f
	}
	s.runs = append(s.runs, r)
	return map[string]any{"run": s.show(r)}, nil
}

var nameOK = regexp.MustCompile(`^[/\w.\- ]*$`)

func checkKey(what, key string) *fault {
	if key == "" || len(key) > 250 || !nameOK.MatchString(key) || path.Clean(key) != key || strings.HasPrefix(key, "..") || strings.HasPrefix(key, "/") || key == "." {
		return invalid("Invalid %s name: '%s'", what, key)
	}
	return nil
}

func (r *Run) tag(tags []pair) *fault {
	if len(tags) > 100 {
		return invalid("%d tags", len(tags))
	}
	for _, t := range tags {
		if f := checkKey("tag", t.Key); f != nil {
			return f
		}
		if len(t.Value) > 5000 {
			return invalid("the tag %s is %d long", t.Key, len(t.Value))
		}
		r.Tags[t.Key] = t.Value
	}
	return nil
}

func (s *Server) run(id string) (*Run, *fault) {
	for _, r := range s.runs {
		if r.ID == id {
			return r, nil
		}
	}
	return nil, missing("Run with id=%s not found", id)
}

func (s *Server) logBatch(body []byte) (any, *fault) {
	var in struct {
		Run     string `json:"run_id"`
		Metrics []struct {
			Key       *string `json:"key"`
			Value     any     `json:"value"`
			Timestamp *int64  `json:"timestamp"`
			Step      int64   `json:"step"`
		} `json:"metrics"`
		Params []pair `json:"params"`
		Tags   []pair `json:"tags"`
	}
	if f := strict(body, &in); f != nil {
		return nil, f
	}
	r, f := s.run(in.Run)
	if f != nil {
		return nil, f
	}
	if len(in.Metrics) > 1000 || len(in.Params) > 100 || len(in.Tags) > 100 || len(in.Metrics)+len(in.Params)+len(in.Tags) > 1000 {
		return nil, invalid("a batch of %d metrics, %d params and %d tags", len(in.Metrics), len(in.Params), len(in.Tags))
	}
	for i, p := range in.Params {
		if f := checkKey("parameter", p.Key); f != nil {
			return nil, f
		}
		if len([]rune(p.Value)) > 500 {
			return nil, invalid("Param value of %s had length %d, which exceeded length limit of 500", p.Key, len(p.Value))
		}
		if slices.ContainsFunc(in.Params[:i], func(q pair) bool { return q.Key == p.Key }) {
			return nil, invalid("Duplicate parameter keys have been submitted: %s", p.Key)
		}
		if was, ok := r.Params[p.Key]; ok && was != p.Value {
			return nil, invalid("Changing param values is not allowed. Param with key='%s' was already logged with value='%s'", p.Key, was)
		}
	}
	for _, m := range in.Metrics {
		if m.Key == nil || m.Timestamp == nil || *m.Timestamp < 0 {
			return nil, invalid("a metric without key or timestamp in %.300s", body)
		}
		if f := checkKey("metric", *m.Key); f != nil {
			return nil, f
		}
		switch v := m.Value.(type) {
		case float64:
		case string:
			if v != "NaN" && v != "Infinity" && v != "-Infinity" {
				return nil, invalid("the metric %s is %q", *m.Key, v)
			}
		default:
			return nil, invalid("the metric %s is %v", *m.Key, v)
		}
	}
	if f := r.tag(in.Tags); f != nil {
		return nil, f
	}
	for _, p := range in.Params {
		r.Params[p.Key] = p.Value
	}
	for _, m := range in.Metrics {
		r.Metrics[*m.Key] = append(r.Metrics[*m.Key], Metric{m.Value, *m.Timestamp, m.Step})
	}
	return map[string]any{}, nil
}

func (s *Server) update(body []byte) (any, *fault) {
	var in struct {
		Run    string `json:"run_id"`
		Status string `json:"status"`
		End    int64  `json:"end_time"`
		Name   string `json:"run_name"`
	}
	if f := strict(body, &in); f != nil {
		return nil, f
	}
	r, f := s.run(in.Run)
	if f != nil {
		return nil, f
	}
	if !slices.Contains([]string{"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"}, in.Status) {
		return nil, invalid("the status %q", in.Status)
	}
	r.Status, r.End = in.Status, in.End
	return map[string]any{}, nil
}

func (s *Server) setTag(body []byte) (any, *fault) {
	var in struct {
		Run   string `json:"run_id"`
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	if f := strict(body, &in); f != nil {
		return nil, f
	}
	r, f := s.run(in.Run)
	if f != nil {
		return nil, f
	}
	return map[string]any{}, r.tag([]pair{{in.Key, in.Value}})
}

// artifact lists or takes files. A list's paths are relative to what was asked for.
func (s *Server) artifact(r *http.Request, name string) (any, *fault) {
	if s.Artifacts != "mlflow-artifacts:" {
		return nil, &fault{http.StatusServiceUnavailable, "", "Endpoint disabled due to the mlflow server running with --no-serve-artifacts"}
	}
	switch {
	case r.Method == http.MethodGet && name == "":
		dir := r.URL.Query().Get("path")
		var files []map[string]any
		for f, data := range s.files {
			if rest, ok := strings.CutPrefix(f, dir+"/"); ok && !strings.Contains(rest, "/") {
				files = append(files, map[string]any{"path": rest, "is_dir": false, "file_size": len(data)})
			}
		}
		return map[string]any{"files": files}, nil
	case r.Method == http.MethodPut && name != "" && path.Clean(name) == name:
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, invalid("%v", err)
		}
		s.files[name] = data
		return map[string]any{}, nil
	}
	return nil, &fault{http.StatusMethodNotAllowed, "", r.Method + " of an artifact " + name}
}
