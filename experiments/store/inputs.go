package store

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/nst"
)

// inputSize is the long side of the small copies of input pictures.
const inputSize = 512

// planInputs lists the pictures of all runs, each once in each of its roles, in the order of
// config.Files. A picture has an axis value if it is in all runs with that value and in no
// others. Its label has the losses and regions that it belongs to, if it belongs to no more.
func planInputs(plan *plan.Plan) ([]result.Input, error) {
	type input struct{ role, path string }
	users := map[input]map[int]bool{}
	tables := map[input][]string{} // "" for a key of no loss and no region
	var order []input
	for i, r := range plan.Examples() {
		for _, f := range r.Config.Sources() {
			if f.Weights {
				continue
			}
			in := input{f.Role, *f.Path}
			if users[in] == nil {
				users[in] = map[int]bool{}
				order = append(order, in)
			}
			users[in][i] = true
			if !slices.Contains(tables[in], f.Table) {
				tables[in] = append(tables[in], f.Table)
			}
		}
	}
	rank := func(in input) int {
		return slices.IndexFunc(config.Files, func(f config.File) bool { return f.Role == in.role })
	}
	slices.SortStableFunc(order, func(a, b input) int { return rank(a) - rank(b) })
	var all []result.Input
	var hashes digest.Cache
	for _, in := range order {
		hash, err := hashes.Of(in.path)
		if err != nil {
			return nil, err
		}
		one := result.Input{Role: in.role, Label: filepath.Base(in.path), File: path.Join(result.InputsDir, in.role+"-"+hash[:12]+".png")}
		if !slices.Contains(tables[in], "") {
			one.Label += " (" + strings.Join(tables[in], ", ") + ")"
		}
		for a, axis := range plan.Axes {
			for _, label := range axis.Labels {
				if sameRuns(plan, a, label, users[in]) {
					one.Key, one.Value = axis.Key, label
				}
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// sameRuns reports whether the runs with that value of an axis are exactly these, and
// not all runs of the plan.
func sameRuns(plan *plan.Plan, axis int, label string, these map[int]bool) bool {
	runs := plan.Examples()
	if len(these) == len(runs) {
		return false
	}
	for i, r := range runs {
		if has := axis < len(r.Values) && r.Values[axis] == label; has != these[i] {
			return false
		}
	}
	return true
}

// writeInputs makes the small copies that do not exist yet.
func (s Store) writeInputs(plan *plan.Plan) error {
	var hashes digest.Cache
	for _, r := range plan.Examples() {
		for _, in := range r.Config.Sources() {
			if in.Weights {
				continue
			}
			hash, err := hashes.Of(*in.Path)
			if err != nil {
				return err
			}
			to := filepath.Join(s.Dir, result.InputsDir, in.Role+"-"+hash[:12]+".png")
			if _, err := os.Stat(to); err == nil {
				continue
			} else if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
				return err
			}
			m, err := nst.LoadWith(*in.Path, nst.LoadOptions{MaxPixels: r.Config.Images.MaxPixels})
			if err == nil && max(m.Width, m.Height) > inputSize {
				m, err = nst.LoadWith(*in.Path, nst.LoadOptions{Size: inputSize, MaxPixels: r.Config.Images.MaxPixels})
			}
			if err != nil {
				return err
			}
			if err := m.Save(to); err != nil {
				return err
			}
		}
	}
	return nil
}
