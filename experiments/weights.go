package experiments

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/gonst/workbench/nst"
	"github.com/gonst/workbench/weights"
)

// weightsVariable names directories to look for weight files in, as PATH does
// for programs.
const weightsVariable = "NST_WEIGHTS"

// randomWeights is what a configuration says in place of a file for random filters,
// where its base names a file.
const randomWeights = "random"

// weightsField takes the path of a file, or a name of the catalogue, which is found
// later: see findWeights.
func weightsField(name string, p *string) field {
	f := pathField(name, p)
	f.want = `the path of a file, a name that ` + "`nst weights list`" + ` shows, or "random"`
	path := f.set
	f.set = func(n *node) *fieldError {
		if n.value == randomWeights {
			*p = ""
			return nil
		}
		return path(n)
	}
	return f
}

// findWeights is where a weight file is. A path counts as it is given; or its last
// name, which may be one of the catalogue, is looked for beside the configuration, in
// the directories of $NST_WEIGHTS, and in weights/ of the working directory. Where there
// is none the path comes back as it was.
func findWeights(path string) (found string, ok bool) {
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
	return append(append([]string{filepath.Dir(path)}, filepath.SplitList(os.Getenv(weightsVariable))...), "weights")
}

// weightsWanted says what to do where there is no such file.
func weightsWanted(path string) (found, want string) {
	name := filepath.Base(path)
	if e, err := weights.Find(name); err == nil {
		fetch := "`nst weights fetch " + name + "`"
		if e.Amount() != "" {
			fetch += ", which brings " + e.Amount()
		}
		return fmt.Sprintf("%s, which is not here (neither %s nor %s.safetensors beside the configuration, in $%s, in weights/)", name, e.File, name, weightsVariable),
			fetch + `; another file of ` + e.Network + `; or weights = "` + randomWeights + `" for random filters`
	}
	var names []string
	for _, e := range weights.Catalogue() {
		names = append(names, e.Name)
	}
	want = fmt.Sprintf("a safetensors, Keras .h5 or PyTorch .pth file of a VGG network: put %s beside the configuration, into weights/ "+
		"or into a directory that $%s names, or leave weights out for random filters", name, weightsVariable)
	if near := nearest(name, names); near != "" {
		want = "the name " + near + ", or " + want
	}
	return path + ": no such file", want
}

// weightsOf are the weights in a file, for a network.
type weightsOf struct{ path, network string }

// recognize opens a file of weights. Where it will not do, found and want say why.
func recognize(id weightsOf) (r nst.Recognition, found, want string) {
	c, err := weights.Open(id.path)
	if err == nil {
		defer c.Close()
		r, err = nst.Recognize(id.network, c)
	}
	switch {
	case err != nil:
		found, want = weightsError(id.path, err)
	case c.Network() != "" && c.Network() != id.network:
		found, want = fmt.Sprintf("%s, which has the convolutions of %s", id.path, c.Network()), fmt.Sprintf("name = %q in [network], or a file of %s", c.Network(), id.network)
	case r.Fault != "":
		found, want = fmt.Sprintf("%s: these are the weights of %s, but %s", id.path, r.About, r.Fault), "the file as it was published: `nst weights list`"
	}
	return r, found, want
}

func weightsError(path string, err error) (found, want string) {
	_, want = weightsWanted(path)
	return errorText(err), want
}

// warnings say where a run's input is not what its weights were trained with, as far
// as the forward checksum knows them.
func (k *checker) warnings(c *Config) []string {
	r := k.recognized[weightsOf{c.Network.Weights, c.Network.Name}]
	if r.Name == "" {
		return nil
	}
	in, trained := c.Network.Input, orders["bgr"]
	if inputs[r.Preprocess].Order != trained {
		trained = orders["rgb"]
	}
	if r.Reversed {
		trained[0], trained[2] = trained[2], trained[0]
	}
	name := filepath.Base(c.Network.Weights)
	switch {
	case in.Name != r.Preprocess:
		return []string{fmt.Sprintf("%s has the weights of %s, which were trained with preprocess = %q; the configuration declares %q, with which the responses mean little",
			name, r.About, r.Preprocess, in.Name)}
	case orders[in.Order] != trained:
		want := "bgr"
		if trained == orders["rgb"] {
			want = "rgb"
		}
		return []string{fmt.Sprintf("%s has the weights of %s, with the colours in the order %s; the configuration has order = %q, which takes red for blue", name, r.About, want, in.Order)}
	}
	return nil
}

// trainedWith is the preprocessing that the weights were trained with, as far as
// the name tells; Caffe's otherwise, which Oxford's own networks have.
func trainedWith(path string) string {
	name := filepath.Base(path)
	for _, e := range weights.Catalogue() {
		if e.Name == name || slices.Contains(e.Files(), name) {
			return e.Preprocess
		}
	}
	return "caffe"
}
