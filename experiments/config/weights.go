package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/weights"
)

// WeightsVariable names the environment variable that lists directories of weight
// files, as PATH does for programs.
const WeightsVariable = "NST_WEIGHTS"

// randomWeights selects random filters. A configuration writes it instead of a file if
// its base names a file.
const randomWeights = "random"

// weightsField accepts the path of a file or a name of the catalogue. FindWeights finds
// the file later.
func weightsField(name string, p *string) field.Field {
	f := field.Path(name, p)
	f.Want = `the path of a file, a name that ` + "`nst weights list`" + ` shows, or "random"`
	path := f.Set
	f.Set = func(n *tree.Node) *field.Error {
		if n.Value == randomWeights {
			*p = ""
			return nil
		}
		return path(n)
	}
	return f
}

// FindWeights searches for a weight file. It tries the given path first. Then it
// searches for the last element of the path, which may be a name of the catalogue:
// beside the configuration, in the directories of $NST_WEIGHTS, and in weights/ of the
// working directory. If nothing is found, it returns the path unchanged.
func FindWeights(path string) (found string, ok bool) {
	files := []string{filepath.Base(path)}
	if e, err := weights.Find(files[0]); err == nil {
		files = append(files, e.Files()...)
	}
	for _, dir := range weightsDirs(path) {
		for _, file := range files {
			c := filepath.Join(dir, file)
			if info, err := os.Stat(c); err == nil && !info.IsDir() {
				if absolute, err := filepath.Abs(c); err == nil {
					return absolute, true
				}
			}
		}
	}
	return path, false
}

func weightsDirs(path string) []string {
	return append(append([]string{filepath.Dir(path)}, filepath.SplitList(os.Getenv(WeightsVariable))...), "weights")
}

// WeightsWanted returns the advice for a missing weight file.
func WeightsWanted(path string) (found, want string) {
	name := filepath.Base(path)
	if e, err := weights.Find(name); err == nil {
		fetch := "`nst weights fetch " + name + "`"
		if e.Amount() != "" {
			fetch += ", which brings " + e.Amount()
		}
		return fmt.Sprintf("%s, which is not here (neither %s nor %s.safetensors beside the configuration, in $%s, in weights/)", name, e.File, name, WeightsVariable),
			fetch + `; another file of ` + e.Network + `; or weights = "` + randomWeights + `" for random filters`
	}
	var names []string
	for _, e := range weights.Catalogue() {
		names = append(names, e.Name)
	}
	want = fmt.Sprintf("a safetensors, Keras .h5 or .keras, or PyTorch .pth file of a VGG network: put %s beside the configuration, into weights/ "+
		"or into a directory that $%s names, or leave weights out for random filters", name, WeightsVariable)
	if near := tree.Nearest(name, names); near != "" {
		want = "the name " + near + ", or " + want
	}
	return path + ": no such file" + tree.WhyMissing(path), want
}

// TrainedWith returns the preprocessing that the weights were trained with, if the name
// tells it. Otherwise it returns Caffe's, which Oxford's own networks use.
func TrainedWith(path string) string {
	name := filepath.Base(path)
	for _, e := range weights.Catalogue() {
		if e.Name == name || slices.Contains(e.Files(), name) {
			return e.Preprocess
		}
	}
	return "caffe"
}
