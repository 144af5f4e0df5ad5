package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
func recipeOf(r plan.Run, h digest.Cache) (result.Recipe, error) {
	recipe := result.Recipe{ID: r.Identity, Numerical: nst.NumericalVersion}
	c := *r.Config
	c.Images.Style = slices.Clone(c.Images.Style)
	names := map[string]string{} // of paths
	var about strings.Builder
	var failed error
	rename := func(role string, path *string) {
		if *path == "" || failed != nil {
			return
		}
		name, seen := names[*path]
		if !seen {
			name = config.FreeName(filepath.Base(*path), names)
			names[*path] = name
			hash, err := h.Of(*path)
			info, statErr := os.Stat(*path)
			if failed = errors.Join(err, statErr); failed != nil {
				return
			}
			recipe.Files = append(recipe.Files, result.File{Role: role, Name: name, SHA256: hash, Size: info.Size()})
			fmt.Fprintf(&about, "# %s: %s, %d bytes, sha256 %s\n", role, name, info.Size(), hash)
		}
		*path = name
	}
	rename("content", &c.Images.Content)
	for i := range c.Images.Style {
		rename("style", &c.Images.Style[i].Path)
	}
	rename("start", &c.Start.Path)
	rename("weights", &c.Network.Weights)
	if failed != nil {
		return recipe, failed
	}
	c.Name = config.SafeName("picture-" + r.Identity[:plan.ShortHash])
	recipe.Config = fmt.Sprintf("# Made by nst, run %s, numerical version %s, from\n%s# `nst sweep` with this picture in place of a configuration makes it again.\nname = %s\n%s",
		r.Identity, nst.NumericalVersion, about.String(), tree.WriteString(c.Name), c.Essential())
	return recipe, nil
}
