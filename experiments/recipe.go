package experiments

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/nst"
)

// A picture says what it was made from, and can stand where a configuration is
// wanted: its files are then looked for by their digests.

// recipe is what the run's pictures say of it. Nothing in it depends on where
// files lie, on the time, or on how the run is logged, so that pictures come out
// the same bytes wherever and however often the run was interrupted.
func (r PlannedRun) recipe(h hashes) (result.Recipe, error) {
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
			name = freeName(filepath.Base(*path), names)
			names[*path] = name
			hash, err := h.of(*path)
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
	c.Name = safeName("picture-" + r.Identity[:shortHash])
	recipe.Config = fmt.Sprintf("# Made by nst, run %s, numerical version %s, from\n%s# `nst sweep` with this picture in place of a configuration makes it again.\nname = %s\n%s",
		r.Identity, nst.NumericalVersion, about.String(), writeString(c.Name), c.write("", false))
	return recipe, nil
}

// freeName is a file's name, with a number where another file has that name.
func freeName(name string, names map[string]string) string {
	taken := func(name string) bool {
		for _, n := range names {
			if strings.EqualFold(n, name) {
				return true
			}
		}
		return false
	}
	ext := filepath.Ext(name)
	free := name
	for n := 2; taken(free); n++ {
		free = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
	}
	return free
}

// readPicture reads the configuration that a picture carries.
func readPicture(file string, p *problems) *node {
	want := "a TOML file, or a picture that nst has made and no other program has saved since"
	recipe, err := result.ReadRecipe(file)
	if err != nil {
		found := strings.TrimPrefix(strings.TrimPrefix(err.Error(), file+": "), "result: ")
		if errors.Is(err, result.ErrIncompatible) {
			want = "the version of nst that made it"
		}
		p.add(pos{file: file}, "", found, want)
		return nil
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		p.add(pos{file: file}, "", err.Error(), want)
		return nil
	}
	root := parseTree(recipe.Config, file, dir, p)
	if root == nil {
		return nil
	}
	if recipe.Numerical != nst.NumericalVersion {
		p.notes = append(p.notes, fmt.Sprintf("%s was made by an engine of numerical version %s, this one is of version %s: its pixels may come out a little different",
			file, recipe.Numerical, nst.NumericalVersion))
	}
	find := newFinder(dir)
	places := map[string]string{} // of names
	for _, f := range recipe.Files {
		place, ok := find.file(f)
		if !ok {
			place = filepath.Join(dir, fmt.Sprintf("%s (sha256 %.12s…)", f.Name, f.SHA256))
			p.lose(place, fmt.Sprintf("a file of %d bytes with that digest, whatever its name, in one of %s (or directories that $%s names); or another one: --set %s=FILE, which makes another run",
				f.Size, strings.Join(find.dirs, ", "), picturesVariable, keyOfRole(f.Role)))
		}
		places[f.Name] = place
	}
	return placeFiles(root, places)
}

func keyOfRole(role string) string {
	switch role {
	case "weights":
		return "network.weights"
	case "start":
		return "start.path"
	}
	return "images." + role
}

// fileKeys are the keys of a resolved configuration that hold files.
var fileKeys = [][2]string{{"images", "content"}, {"images", "style"}, {"start", "path"}, {"network", "weights"}}

// namedFiles lists the files that a resolved configuration names, as it names them.
func namedFiles(root *node) []string {
	var all []string
	for _, key := range fileKeys {
		n := root.table().get(key[0]).table().get(key[1])
		if n == nil {
			continue
		}
		if t := n.table(); t != nil {
			all = append(all, t.keys...)
		} else if name, ok := n.value.(string); ok {
			all = append(all, name)
		}
	}
	return all
}

// placeFiles puts the places of files where a picture's configuration has their names.
func placeFiles(root *node, places map[string]string) *node {
	top := root.table().clone()
	for _, key := range fileKeys {
		section := top.get(key[0])
		n := section.table().get(key[1])
		if n == nil {
			continue
		}
		value := n.value
		switch v := n.value.(type) {
		case string:
			value = cmp.Or(places[v], v)
		case *table:
			t := newTable()
			for _, name := range v.keys {
				t.put(cmp.Or(places[name], name), v.nodes[name])
			}
			value = t
		}
		inner := section.table().clone()
		inner.put(key[1], &node{key: n.key, at: n.at, value: value})
		top.put(key[0], &node{key: section.key, at: section.at, value: inner})
	}
	return &node{key: root.key, at: root.at, value: top}
}

// picturesVariable names directories to look for pictures in, as PATH does for
// programs.
const picturesVariable = "NST_PICTURES"

// A finder finds files by their digests.
type finder struct {
	dirs   []string
	hashes hashes
}

// newFinder looks in a picture's directory, in the run's and its experiment's if
// it lies there, in the working directory, in pictures/ of all these, and where
// the environment says.
func newFinder(dir string) *finder {
	f := &finder{hashes: hashes{}}
	add := func(dir string) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() && !slices.Contains(f.dirs, dir) {
			f.dirs = append(f.dirs, dir)
		}
	}
	around := func(dir string) {
		add(dir)
		add(filepath.Join(dir, "pictures"))
	}
	around(dir)
	run := dir
	if filepath.Base(run) == result.FramesDir {
		run = filepath.Dir(run)
	}
	// The run's own configuration knows where its files were.
	if own := filepath.Join(run, result.ConfigFile); !result.IsPicture(own) {
		if root := readTree(own, &problems{}); root != nil {
			for _, path := range namedFiles(root) {
				add(filepath.Dir(resolvePath(path, pos{dir: run})))
			}
		}
	}
	if wd, err := os.Getwd(); err == nil {
		around(wd)
	}
	for _, variable := range []string{picturesVariable, weightsVariable} {
		for _, dir := range filepath.SplitList(os.Getenv(variable)) {
			if dir, err := filepath.Abs(dir); err == nil {
				add(dir)
			}
		}
	}
	if weights, err := filepath.Abs("weights"); err == nil {
		add(weights)
	}
	return f
}

// file finds a file with that digest: under its own name if it can, else under
// any. Only files of the right size are read.
func (f *finder) file(wanted result.File) (path string, ok bool) {
	is := func(path string) bool {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || wanted.Size > 0 && info.Size() != wanted.Size {
			return false
		}
		hash, err := f.hashes.of(path)
		return err == nil && hash == wanted.SHA256
	}
	for _, dir := range f.dirs {
		if path := filepath.Join(dir, wanted.Name); filepath.IsLocal(wanted.Name) && is(path) {
			return path, true
		}
	}
	if wanted.Size <= 0 { // nothing to tell files apart by but reading all
		return "", false
	}
	for _, dir := range f.dirs {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		for _, e := range entries {
			if path := filepath.Join(dir, e.Name()); !e.IsDir() && is(path) {
				return path, true
			}
		}
	}
	return "", false
}
