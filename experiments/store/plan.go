package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/internal/disk"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/internal/prefix"
)

// Open prepares an experiment's directory for a plan and freezes the plan there. It
// removes nothing: files of an earlier plan stay, a run that is in both plans keeps its
// directory even if its name has changed, and the earlier plan is kept in .plans. Open
// returns warnings about these changes.
//
// If the same plan is already frozen, Open writes nothing.
func Open(results string, p *plan.Plan) (s Store, runs []plan.Run, warnings []string, err error) {
	s = Of(results, p)
	fail := func(err error) (Store, []plan.Run, []string, error) {
		return s, nil, nil, prefix.Errorf("", "cannot use the results directory %s: %w (--results names another)", s.Dir, err)
	}
	old, err := result.ReadPlan(s.Dir)
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist):
		old = &result.Plan{}
	case errors.Is(err, result.ErrIncompatible):
		return fail(err)
	default:
		if info, statErr := os.Stat(filepath.Join(s.Dir, result.PlanFile)); statErr != nil || !info.Mode().IsRegular() {
			return fail(err)
		}
		warnings = append(warnings, fmt.Sprintf("%v; it is written anew, and the runs are kept", err))
		old = &result.Plan{}
	}
	runs = s.KeepNames(p.Runs, old)
	if w := s.EarlierWarning(runs); w != "" {
		warnings = append(warnings, w)
	}
	frozen, err := s.frozen(p, runs)
	if err != nil {
		return fail(err)
	}
	was, _ := os.ReadFile(filepath.Join(s.Dir, result.PlanFile))
	if now, err := frozen.Marshal(); err == nil && bytes.Equal(was, now) {
		return s, runs, warnings, nil
	}
	if err := os.MkdirAll(s.Dir, 0o777); err != nil {
		return fail(err)
	}
	if news := difference(old, frozen); news != "" {
		kept, err := s.keepPlan(was)
		if err != nil {
			return fail(err)
		}
		warnings = append(warnings, fmt.Sprintf("%s held another plan, now in %s: %s. To keep both apart, change name in the configuration or use --results", s.Dir, kept, news))
	}
	if err := s.writeInputs(p); err != nil {
		return fail(err)
	}
	if err := result.WritePlan(s.Dir, frozen); err != nil {
		return fail(err)
	}
	return s, runs, warnings, disk.SyncDir(s.Dir)
}

// Append freezes the plan of a search to which a trial was appended. It writes nothing
// else: the directory is Open's. The runs keep the names of their directories.
func (s Store) Append(p *plan.Plan) error {
	p.Runs = s.KeepNames(p.Runs, &result.Plan{})
	frozen, err := s.frozen(p, p.Runs)
	if err != nil {
		return err
	}
	if err := result.WritePlan(s.Dir, frozen); err != nil {
		return err
	}
	return disk.SyncDir(s.Dir)
}

// Of returns the store of a plan in a results directory. An empty results means
// "results".
func Of(results string, plan *plan.Plan) Store {
	if results == "" {
		results = "results"
	}
	return Store{filepath.Join(results, plan.Name)}
}

// KeepNames gives the runs the names of their existing directories. The identity
// determines the run; the name is only for people.
func (s Store) KeepNames(planned []plan.Run, old *result.Plan) []plan.Run {
	runs := slices.Clone(planned)
	taken := map[string]bool{}
	for _, r := range runs {
		taken[r.Name] = true
	}
	names := map[string]string{} // by identity; only directories that no run of the plan has
	note := func(id, name string) {
		if !taken[name] && names[id] == "" {
			names[id] = name
		}
	}
	entries, _ := os.ReadDir(s.Dir)
	for _, e := range entries {
		if e.IsDir() && !taken[e.Name()] && result.CheckName(e.Name()) == nil {
			if r, err := result.ReadRun(s.Published(e.Name())); err == nil {
				note(r.ID, e.Name())
			}
		}
	}
	for _, r := range old.Runs {
		if !taken[r.Name] && len(s.listAttempts(r.Name)) > 0 {
			note(r.ID, r.Name)
		}
	}
	if len(names) == 0 {
		return runs
	}
	for i := range runs {
		r := &runs[i]
		name := names[r.Identity]
		if name == "" || s.IsPublished(r.Name) || len(s.listAttempts(r.Name)) > 0 {
			continue
		}
		r.Name = name
		delete(names, r.Identity)
	}
	return runs
}

// frozen returns the plan in the form of plan.toml.
func (s Store) frozen(plan *plan.Plan, runs []plan.Run) (*result.Plan, error) {
	p := &result.Plan{Experiment: plan.Name, Title: plan.Title, Description: plan.Description, Source: s.source(plan.File), Format: result.Format}
	for _, a := range plan.Axes {
		axis := result.Axis{Key: a.Key, Values: a.Labels}
		if a.Name != a.Key {
			axis.Label = a.Name
		}
		p.Axes = append(p.Axes, axis)
	}
	if plan.Search != nil || len(plan.Settings.Objective.Goals) > 0 {
		p.Search = plan.Settings.Record()
	}
	for _, r := range runs {
		run := result.PlannedRun{Name: r.Name, ID: r.Identity, Origin: r.Origin}
		for i, v := range r.Values {
			if run.Values == nil {
				run.Values = map[string]string{}
			}
			run.Values[plan.Axes[i].Key] = v
		}
		p.Runs = append(p.Runs, run)
	}
	var err error
	if p.Inputs, err = planInputs(plan); err != nil {
		return nil, err
	}
	return p, p.Validate()
}

// source returns the path of a configuration as plan.toml has it.
func (s Store) source(file string) string {
	if file == "" || strings.HasPrefix(file, "preset:") {
		return file
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return ""
	}
	if dir, err := filepath.Abs(s.Dir); err == nil {
		if rel, err := filepath.Rel(dir, path); err == nil {
			path = rel
		}
	}
	return filepath.ToSlash(path)
}

// difference describes the runs that two plans do not share. It returns an empty text
// if they have the same runs, or if there was no plan before.
func difference(old, now *result.Plan) string {
	if len(old.Runs) == 0 {
		return ""
	}
	ids := func(p *result.Plan) map[string]string {
		m := map[string]string{}
		for _, r := range p.Runs {
			m[r.ID] = r.Name
		}
		return m
	}
	before, after := ids(old), ids(now)
	var same int
	var gone []string
	for id, name := range before {
		if _, ok := after[id]; ok {
			same++
		} else {
			gone = append(gone, name)
		}
	}
	added := len(after) - same
	if len(gone) == 0 && added == 0 {
		return ""
	}
	text := fmt.Sprintf("%d of its %d runs are asked for again, %d are new", same, len(before), added)
	if len(gone) > 0 {
		slices.Sort(gone)
		list := strings.Join(gone[:min(3, len(gone))], ", ")
		if len(gone) > 3 {
			list += ", …"
		}
		text += fmt.Sprintf(", and %d are not in the plan any more but stay where they are (%s)", len(gone), list)
	}
	return text
}

// keepPlan moves an earlier plan.toml into .plans and returns its path.
func (s Store) keepPlan(data []byte) (string, error) {
	dir := filepath.Join(s.Dir, plansName)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	path := filepath.Join(dir, digest.Bytes(data)[:8]+".toml")
	return path, disk.Replace(path, func(w io.Writer) error { _, err := w.Write(data); return err })
}
