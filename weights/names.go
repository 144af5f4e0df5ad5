package weights

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gonst/workbench/weights/internal/vgg"
)

// The convolutions of a network are found by their names. If the names do not identify
// the layers, they are found by order and shape: see order.go.

var (
	caffeName = regexp.MustCompile(`(?:^|[./])conv([1-5]_[1-4])(?:[./_]|$)`)
	kerasName = regexp.MustCompile(`(?:^|/)block([1-5])_conv([1-4])(?:/|$)`)
	torchName = regexp.MustCompile(`(?:^|\.)features\.(\d+)\.(weight|bias)(|[._]ema|[._]averaged?)$`)
	// biasName matches the ends of the names of biases: bias, bias:0,
	// block1_conv1_b_1:0.
	biasName = regexp.MustCompile(`(?i)(?:^|[./_])b(?:ias)?(?:_\d+)?(?::\d+)?$`)
	// optimizerName matches the beginning of the state of an optimiser, which has the
	// layers' names and shapes.
	optimizerName = regexp.MustCompile(`^optimizer(?:_weights|_state|_state_dict)?[./]`)
)

// network is a set of convolutions that a file holds.
type network struct {
	names map[string][2]string // weight and bias by layer
	norms map[string]string    // the batch normalisation's prefix, by layer
}

// find searches for one set of convolutions. Names that identify their layers have
// precedence; without such names, order and shapes decide.
func (c *Convolutions) find() error {
	tensors := slices.DeleteFunc(c.file.Tensors(), func(t Tensor) bool { return optimizerName.MatchString(t.Name) })
	byName, err := named(tensors)
	if err != nil {
		return err
	}
	all := c.numbered(tensors)
	if len(byName.names) > 0 {
		all = append(all, byName)
	}
	if len(all) == 0 {
		all = c.inOrder(tensors)
	}
	switch len(all) {
	case 0:
		return notFound(tensors, c.file.format)
	case 1:
		c.names, c.norms = all[0].names, all[0].norms
		return nil
	}
	for _, layer := range vgg.Layers("vgg16") {
		if a, b := all[0].names[layer.Name], all[1].names[layer.Name]; a[0] != "" && b[0] != "" {
			return ambiguous(layer.Name, a[0], b[0])
		}
	}
	return ambiguous("the network", anyName(all[0]), anyName(all[1]))
}

func ambiguous(what, a, b string) error {
	return fmt.Errorf("%w: %s is both %q and %q: save one of the two sets in a file of its own", ErrAmbiguous, what, a, b)
}

func anyName(n network) string {
	var all []string
	for _, pair := range n.names {
		all = append(all, pair[0])
	}
	return slices.Min(all)
}

// named finds layers by Caffe's and Keras' names. Weight and bias must have the same
// text before the layer's name.
func named(tensors []Tensor) (network, error) {
	n := network{names: map[string][2]string{}}
	prefixes := map[string]string{}     // by layer
	vectors := map[[2]string][]string{} // by layer and prefix
	for _, t := range tensors {
		layer, at := "", []int(nil)
		if at = kerasName.FindStringSubmatchIndex(t.Name); at != nil {
			layer = "conv" + t.Name[at[2]:at[3]] + "_" + t.Name[at[4]:at[5]]
		} else if at = caffeName.FindStringSubmatchIndex(t.Name); at != nil {
			layer = "conv" + t.Name[at[2]:at[3]]
		} else {
			continue
		}
		prefix := t.Name[:at[0]]
		switch len(t.Shape) {
		case 1:
			vectors[[2]string{layer, prefix}] = append(vectors[[2]string{layer, prefix}], t.Name)
		case 4:
			if before := n.names[layer][0]; before != "" {
				return n, ambiguous(layer, before, t.Name)
			}
			n.names[layer], prefixes[layer] = [2]string{t.Name}, prefix
		}
	}
	for _, layer := range slices.Sorted(maps.Keys(n.names)) {
		if all := vectors[[2]string{layer, prefixes[layer]}]; len(all) > 0 {
			bias, err := biasOf(layer, all)
			if err != nil {
				return n, err
			}
			n.names[layer] = [2]string{n.names[layer][0], bias}
		}
	}
	return n, nil
}

// biasOf returns the one of several vectors that is a layer's bias.
func biasOf(layer string, vectors []string) (string, error) {
	biases := slices.DeleteFunc(slices.Clone(vectors), func(name string) bool { return !biasName.MatchString(name) })
	switch {
	case len(vectors) == 1:
		return vectors[0], nil
	case len(biases) == 1:
		return biases[0], nil
	case len(biases) == 0:
		biases = vectors
	}
	return "", ambiguous("the bias of "+layer, biases[0], biases[1])
}

// numbered finds PyTorch's features.0.weight, by the text before features. A running average
// beside it, features.0.weight_ema, is a second set.
func (c *Convolutions) numbered(tensors []Tensor) []network {
	sets := map[string]map[int][2]string{}
	for _, t := range tensors {
		at := torchName.FindStringSubmatchIndex(t.Name)
		if at == nil || len(t.Shape) != 1 && len(t.Shape) != 4 {
			continue
		}
		number, err := strconv.Atoi(t.Name[at[2]:at[3]])
		if err != nil {
			continue
		}
		prefix := t.Name[:at[0]] + t.Name[at[6]:at[7]]
		if sets[prefix] == nil {
			sets[prefix] = map[int][2]string{}
		}
		pair := sets[prefix][number]
		if len(t.Shape) == 4 {
			pair[0] = t.Name
		} else if t.Name[at[4]:at[5]] == "bias" {
			pair[1] = t.Name
		}
		sets[prefix][number] = pair
	}
	var all []network
	for _, prefix := range slices.Sorted(maps.Keys(sets)) {
		var order []int
		for number, pair := range sets[prefix] {
			if pair[0] != "" { // batch normalisations have vectors only
				order = append(order, number)
			}
		}
		slices.Sort(order)
		pairs := make([][2]string, len(order))
		for i, number := range order {
			pairs[i] = sets[prefix][number]
		}
		if n, ok := c.ordered(pairs); ok {
			all = append(all, n)
		}
	}
	return all
}

// ordered names convolutions by their order, if there are as many as in a network.
func (c *Convolutions) ordered(pairs [][2]string) (network, bool) {
	n := network{names: map[string][2]string{}, norms: map[string]string{}}
	layers := vgg.Layers(vgg.Counted(len(pairs)))
	for i, l := range layers {
		n.names[l.Name] = pairs[i]
		if norm := c.normBehind(pairs[i][0]); norm != "" {
			n.norms[l.Name] = norm
		}
	}
	return n, len(layers) > 0
}

// normBehind returns the prefix of the batch normalisation that follows a convolution
// in a torch.nn.Sequential, or an empty text: 1 behind 0.weight.
func (c *Convolutions) normBehind(weight string) string {
	before, ok := strings.CutSuffix(weight, ".weight")
	dot := strings.LastIndex(before, ".")
	number, err := strconv.Atoi(before[dot+1:])
	if !ok || err != nil {
		return ""
	}
	norm := before[:dot+1] + strconv.Itoa(number+1)
	if _, err := c.file.Tensor(norm + ".running_var"); err != nil {
		return ""
	}
	return norm
}

// notFound describes what was searched for, and what the file contains.
func notFound(tensors []Tensor, format Format) error {
	var some []string
	count := 0
	for _, t := range tensors {
		if len(t.Shape) != 4 {
			continue
		}
		if count++; count <= 6 {
			some = append(some, fmt.Sprintf("%s %v", t.Name, format.filters(t.Shape)))
		}
	}
	if count > len(some) {
		some = append(some, fmt.Sprintf("and %d more", count-len(some)))
	}
	text := "it has no convolutions"
	if count == 0 && len(tensors) > 0 {
		for _, t := range tensors[:min(len(tensors), 6)] {
			some = append(some, fmt.Sprintf("%s %v", t.Name, t.Shape))
		}
		if n := len(tensors) - len(some); n > 0 {
			some = append(some, fmt.Sprintf("and %d more", n))
		}
		text += ", but " + strings.Join(some, ", ")
	}
	if count > 0 {
		text = "no VGG network among its convolutions, [out in height width]: " + strings.Join(some, ", ")
	}
	return fmt.Errorf("%w: %s. Accepted are the names conv1_1.weight, block1_conv1/kernel:0 or features.0.weight and so on, and any names "+
		"of the 13 convolutions of VGG-16 or the 16 of VGG-19 if they are in order and read three colours", ErrNotFound, text)
}
