package run

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/nst"
)

// provenance is what a run comes from, beside its configuration.
func provenance(c *config.Config, program string, h *digest.Cache) (result.Provenance, error) {
	p := result.Provenance{
		Program:   program,
		Go:        runtime.Version(),
		ISA:       nst.ISA(),
		Platform:  runtime.GOOS + "/" + runtime.GOARCH,
		Network:   c.Network.Name,
		Numerical: nst.NumericalVersion,
		Identity:  config.IdentityVersion,
	}
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
