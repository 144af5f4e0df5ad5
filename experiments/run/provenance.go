package run

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/nst"
)

// here is what this program and this machine add to the provenance of every run.
func here(program string) result.Provenance {
	return result.Provenance{
		Program:   program,
		Go:        runtime.Version(),
		ISA:       nst.ISA(),
		Platform:  runtime.GOOS + "/" + runtime.GOARCH,
		Numerical: nst.NumericalVersion,
		Identity:  config.IdentityVersion,
	}
}

// mixed marks the warning of a run that was continued by other kernels.
const mixed = "continued by other kernels"

// mixture returns the warnings of a run that is continued, about its kernels.
func mixture(old result.Run, now result.Provenance) []string {
	for _, w := range old.Warnings {
		if strings.HasPrefix(w, mixed) {
			return []string{w}
		}
	}
	if before := old.Provenance.Kernels(); before != "" && before != now.Kernels() {
		return []string{fmt.Sprintf("%s: %s, then %s; the numbers agree to about six digits, not in every bit", mixed, before, now.Kernels())}
	}
	return nil
}

// provenance is what a run comes from, beside its configuration.
func provenance(c *config.Config, program string, h *digest.Cache) (result.Provenance, error) {
	p := here(program)
	p.Network = c.Network.Name
	for _, f := range c.Sources() {
		if f.Aside {
			continue
		}
		sum, err := h.Of(*f.Path)
		if err != nil {
			return p, err
		}
		info, err := os.Stat(*f.Path)
		if err != nil {
			return p, err
		}
		p.Files = append(p.Files, result.File{Role: f.Role, Name: filepath.Base(*f.Path), SHA256: sum, Size: info.Size()})
	}
	return p, nil
}

// unchanged checks that the files of a run are those that its identity was
// made from: the plan may be older than they are.
func unchanged(r plan.Run, h *digest.Cache) error {
	sum := func(path string) string {
		sum, _ := h.Of(path) // without its file, the run has another identity
		return sum
	}
	if id := r.Config.Identity(sum); id != r.Identity {
		return fmt.Errorf("run %s: a picture or a weight file has changed since the plan was made: run the sweep again", r.Name)
	}
	return nil
}
