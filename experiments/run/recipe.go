package run

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// A picture says what it was made from, and can stand where a configuration is
// wanted: its files are then looked for by their digests.

// recipeOf is what the run's pictures say of it. Nothing in it depends on where
// files lie, on the time, or on how the run is logged, so that pictures come out
// the same bytes wherever and however often the run was interrupted.
func recipeOf(r plan.Run, h *digest.Cache) (result.Recipe, error) {
	recipe := result.Recipe{ID: r.Identity, Numerical: nst.NumericalVersion}
	c := r.Config.Clone()
	names := map[string]string{} // of paths
	var about strings.Builder
	for _, f := range c.Sources() {
		if f.Aside {
			continue
		}
		path := *f.Path
		if _, seen := names[path]; !seen {
			name := config.FreeName(filepath.Base(path), names)
			names[path] = name
			hash, err := h.Of(path)
			if err != nil {
				return recipe, err
			}
			info, err := os.Stat(path)
			if err != nil {
				return recipe, err
			}
			recipe.Files = append(recipe.Files, result.File{Role: f.Role, Name: name, SHA256: hash, Size: info.Size()})
			fmt.Fprintf(&about, "# %s: %s, %d bytes, sha256 %s\n", f.Role, name, info.Size(), hash)
		}
		*f.Path = names[path]
	}
	c.Name = config.SafeName("picture-" + r.Identity[:plan.ShortHash])
	recipe.Config = fmt.Sprintf("# Made by nst, run %s, numerical version %s, from\n%s# `nst sweep` with this picture in place of a configuration makes it again.\nname = %s\n%s",
		r.Identity, nst.NumericalVersion, about.String(), tree.WriteString(c.Name), c.Essential())
	return recipe, nil
}
