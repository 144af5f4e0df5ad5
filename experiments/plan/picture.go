package plan

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// readPicture reads the configuration that is stored in a picture.
func readPicture(file string, p *tree.Problems) *tree.Node {
	want := "a TOML file, or a picture that nst has made and no other program has saved since"
	recipe, err := result.ReadRecipe(file)
	if err != nil {
		found := strings.TrimPrefix(tree.ErrorText(err), file+": ")
		if errors.Is(err, result.ErrIncompatible) {
			want = "the version of nst that made it"
		}
		p.Add(tree.Pos{File: file}, "", found, want)
		return nil
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		p.Add(tree.Pos{File: file}, "", prefix.Text(err), want)
		return nil
	}
	root := tree.Parse(recipe.Config, file, dir, p)
	if root == nil {
		return nil
	}
	if recipe.Numerical != nst.NumericalVersion {
		p.Notes = append(p.Notes, fmt.Sprintf("%s was made by an engine of numerical version %s, this one is of version %s: its pixels may come out a little different",
			file, recipe.Numerical, nst.NumericalVersion))
	}
	find := newFinder(dir)
	places := map[string]string{} // by name
	for _, f := range recipe.Files {
		place, ok := find.file(f)
		if !ok {
			place = filepath.Join(dir, fmt.Sprintf("%s (sha256 %.12s…)", f.Name, f.SHA256))
			p.Lose(place, fmt.Sprintf("a file of %d bytes with that digest, whatever its name, in one of %s (or directories that $%s names); or another one: --set %s=FILE, which makes another run",
				f.Size, strings.Join(find.dirs, ", "), picturesVariable, config.KeyOfRole(f.Role)))
		}
		places[f.Name] = place
	}
	return placeFiles(root, places)
}

// namedFiles lists the files that a resolved configuration names, with these names.
func namedFiles(root *tree.Node) []string {
	var all []string
	for _, f := range config.FileNodes(root.Table()) {
		if t := f.Node.Table(); t != nil {
			all = append(all, t.Keys...)
		} else if name, ok := f.Node.Value.(string); ok {
			all = append(all, name)
		}
	}
	return all
}

// placeFiles replaces the names of files in a picture's configuration by their paths.
func placeFiles(root *tree.Node, places map[string]string) *tree.Node {
	top := root.Table().Clone()
	for _, f := range config.FileNodes(top) {
		n := f.Node
		value := n.Value
		switch v := n.Value.(type) {
		case string:
			value = cmp.Or(places[v], v)
		case *tree.Table:
			t := tree.NewTable()
			for _, name := range v.Keys {
				t.Put(cmp.Or(places[name], name), v.Nodes[name])
			}
			value = t
		}
		top = config.Override(top, f.Path, &tree.Node{Key: n.Key, At: n.At, Value: value})
	}
	return &tree.Node{Key: root.Key, At: root.At, Value: top}
}

// picturesVariable names the environment variable that lists directories of pictures,
// as PATH does for programs.
const picturesVariable = "NST_PICTURES"

// A finder finds files by their digests.
type finder struct {
	dirs   []string
	hashes digest.Cache
}

// newFinder searches the picture's directory, the directories of its run and experiment
// if the picture is in one, the working directory, pictures/ in all of these, and the
// directories of the environment variable.
func newFinder(dir string) *finder {
	f := &finder{}
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
	// The run's own configuration has the original paths of its files.
	if own := filepath.Join(run, result.ConfigFile); !result.IsPicture(own) {
		if root := readTree(own, &tree.Problems{}); root != nil {
			for _, path := range namedFiles(root) {
				add(filepath.Dir(field.Resolve(path, tree.Pos{Dir: run})))
			}
		}
	}
	if wd, err := os.Getwd(); err == nil {
		around(wd)
	}
	for _, variable := range []string{picturesVariable, config.WeightsVariable} {
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

// file finds a file with that digest. It tries files of the same name first, then all
// others. It reads only files of the right size.
func (f *finder) file(wanted result.File) (path string, ok bool) {
	is := func(path string) bool {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || wanted.Size > 0 && info.Size() != wanted.Size {
			return false
		}
		hash, err := f.hashes.Of(path)
		return err == nil && hash == wanted.SHA256
	}
	for _, dir := range f.dirs {
		if path := filepath.Join(dir, wanted.Name); filepath.IsLocal(wanted.Name) && is(path) {
			return path, true
		}
	}
	if wanted.Size <= 0 { // without a size every file must be read
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
