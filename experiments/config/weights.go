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

// WeightsVariable names directories to look for weight files in, as PATH does
// for programs.
const WeightsVariable = "NST_WEIGHTS"

// randomWeights is what a configuration says in place of a file for random filters,
// where its base names a file.
const randomWeights = "random"

// weightsField takes the path of a file, or a name of the catalogue, which is found
// later: see FindWeights.
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

// FindWeights is where a weight file is. A path counts as it is given; or its last
// name, which may be one of the catalogue, is looked for beside the configuration, in
// the directories of $NST_WEIGHTS, and in weights/ of the working directory. Where there
// is none the path comes back as it was.
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

// WeightsWanted says what to do where there is no such file.
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
	return path + ": no such file", want
}

// TrainedWith is the preprocessing that the weights were trained with, as far as
// the name tells; Caffe's otherwise, which Oxford's own networks have.
func TrainedWith(path string) string {
	name := filepath.Base(path)
	for _, e := range weights.Catalogue() {
		if e.Name == name || slices.Contains(e.Files(), name) {
			return e.Preprocess
		}
	}
	return "caffe"
}
