package experiments

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/nst"
)

// hashes remembers the SHA-256 of files, in hexadecimal.
type hashes map[string]string

func (h hashes) of(path string) (string, error) {
	if sum, ok := h[path]; ok {
		return sum, nil
	}
	sum, err := hashFile(path)
	if err == nil {
		h[path] = sum
	}
	return sum, err
}

// provenance is what a run comes from, beside its configuration.
func provenance(c *Config, program string, h hashes) (result.Provenance, error) {
	p := result.Provenance{
		Program:   program,
		Go:        runtime.Version(),
		ISA:       nst.ISA(),
		Platform:  runtime.GOOS + "/" + runtime.GOARCH,
		Network:   c.Network.Name,
		Numerical: nst.NumericalVersion,
	}
	files := inputsOf(c)
	if c.Network.Weights != "" {
		files = append(files, input{"weights", c.Network.Weights})
	}
	for _, in := range files {
		sum, err := h.of(in.path)
		if err != nil {
			return p, err
		}
		info, err := os.Stat(in.path)
		if err != nil {
			return p, err
		}
		p.Files = append(p.Files, result.File{Role: in.role, Name: filepath.Base(in.path), SHA256: sum, Size: info.Size()})
	}
	return p, nil
}

// unchanged checks that the files of a run are those that its identity was
// made from: the plan may be older than they are.
func (r PlannedRun) unchanged(h hashes) error {
	if id := r.Config.identity(func(path string) string { return h[path] }); id != r.Identity {
		return fmt.Errorf("experiments: run %s: a picture or a weight file has changed since the plan was made: run the sweep again", r.Name)
	}
	return nil
}

// summed are the files in a run's directory that a person might change. The
// checkpoint has a sum of its own.
var summed = []string{result.ConfigFile, result.MetricsFile, result.TimesFile, result.YardstickFile, result.MeasuresFile, result.ImageFile}

// sums are the hashes of the files in a run's directory; run.json keeps them.
func sums(dir string) (map[string]string, error) {
	all := map[string]string{}
	h := hashes{}
	for _, name := range summed {
		sum, err := h.of(filepath.Join(dir, name))
		if os.IsNotExist(err) {
			continue // a run that failed at once has no rows
		}
		if err != nil {
			return nil, err
		}
		all[name] = sum
	}
	return all, nil
}

// changedByHand tells what does not match in a published run: what a person has
// edited, deleted, or put there.
func (s store) changedByHand(run string) []string {
	r, err := result.ReadRun(s.published(run))
	if err != nil {
		return []string{err.Error()}
	}
	var odd []string
	for _, name := range summed {
		was, had := r.Sums[name]
		sum, err := hashes{}.of(filepath.Join(s.published(run), name))
		switch {
		case !had && err == nil:
			odd = append(odd, name+" was not there when the run was published")
		case had && os.IsNotExist(err):
			odd = append(odd, name+" is gone")
		case had && err != nil:
			odd = append(odd, err.Error())
		case had && sum != was:
			odd = append(odd, name+" is not what was published")
		}
	}
	return odd
}
