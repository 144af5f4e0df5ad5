package plan

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
	"github.com/gonst/workbench/weights"
)

// weightsOf describes the weights in a file, for a network.
type weightsOf struct{ path, network string }

// recognize opens a weight file. If it cannot be used, found and want give the reason.
func recognize(id weightsOf) (r nst.Recognition, found, want string) {
	c, err := weights.Open(id.path)
	if err == nil {
		defer c.Close()
		r, err = nst.Recognize(context.Background(), id.network, c)
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
	found = tree.ErrorText(err)
	var cause *weights.Error
	if !errors.As(err, &cause) {
		found = path + ": " + found
	}
	return found, "a safetensors, Keras .h5 or .keras, or PyTorch .pth file of a VGG network"
}

// replaced warns if weights are not at the configured path and a file of the same name
// was found in another place.
func replaced(section, used string, root *tree.Node) []string {
	n := root.Table().Get(section).Table().Get("weights")
	if n == nil || used == "" {
		return nil
	}
	text, ok := n.Value.(string)
	asked := field.Resolve(text, n.At)
	if !ok || filepath.Base(text) == text || asked == used {
		return nil // a name without a directory can be in any place
	}
	return []string{fmt.Sprintf("%s.weights: %s does not exist; %s, which has the same name, is used in its place", section, asked, used)}
}

// warnings reports differences between a run's input and the input that its weights
// were trained with. It knows the weights by their forward checksum.
func (k *checker) weightWarnings(c *config.Config) []string {
	r := k.recognized[weightsOf{c.Network.Weights, c.Network.Name}]
	if r.Name == "" {
		return nil
	}
	in, trained := c.Network.Input, config.Orders["bgr"]
	if config.Preprocessings[r.Preprocess].Order != trained {
		trained = config.Orders["rgb"]
	}
	if r.Reversed {
		trained[0], trained[2] = trained[2], trained[0]
	}
	name := filepath.Base(c.Network.Weights)
	switch {
	case in.Name != r.Preprocess:
		return []string{fmt.Sprintf("%s has the weights of %s, which were trained with preprocess = %q; the configuration declares %q, with which the responses mean little",
			name, r.About, r.Preprocess, in.Name)}
	case config.Orders[in.Order] != trained:
		want := "bgr"
		if trained == config.Orders["rgb"] {
			want = "rgb"
		}
		return []string{fmt.Sprintf("%s has the weights of %s, with the colours in the order %s; the configuration has order = %q, which takes red for blue", name, r.About, want, in.Order)}
	}
	return nil
}
