package weights

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gonst/workbench/weights/internal/vgg"
)

// How the convolutions of a network are found among a file's names.

var (
	caffeName = regexp.MustCompile(`(?:^|[./])conv([1-5]_[1-4])(?:[./_]|$)`)
	kerasName = regexp.MustCompile(`(?:^|/)block([1-5])_conv([1-4])(?:/|$)`)
	torchName = regexp.MustCompile(`(?:^|\.)features\.(\d+)\.(?:weight|bias)$`)
	// biasName ends the names of biases: bias, bias:0, block1_conv1_b_1:0.
	biasName = regexp.MustCompile(`(?i)(?:^|[./_])b(?:ias)?(?:_\d+)?(?::\d+)?$`)
	// optimizerName begins the state of an optimiser, which has the layers' names and shapes.
	optimizerName = regexp.MustCompile(`^optimizer(?:_weights|_state|_state_dict)?[./]`)
)

// network is a set of convolutions that a file holds.
type network struct {
	names map[string][2]string // weight and bias by layer
	norms map[string]string    // the batch normalisation's prefix, by layer
}

// find looks for one set of convolutions. Names that say which layer they are come first;
// where there are none, order and shapes decide.
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

// biasOf is the one vector of several that is a layer's bias.
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

// numbered finds PyTorch's features.0.weight, by the text before features.
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
		prefix := t.Name[:at[0]]
		if sets[prefix] == nil {
			sets[prefix] = map[int][2]string{}
		}
		pair := sets[prefix][number]
		if len(t.Shape) == 4 {
			pair[0] = t.Name
		} else if strings.HasSuffix(t.Name, ".bias") {
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

// ordered gives convolutions their names by order, if there are as many as in a network.
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

// normBehind is the prefix of the batch normalisation that follows a convolution in a
// torch.nn.Sequential, or empty: 1 behind 0.weight.
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

// inOrder finds networks whose names say nothing about layers: sets of 3 x 3 filters,
// as many as a network has, whose shapes follow each other from three colours on and
// change only between blocks. Names of a set differ in numbers only. A batch normalisation
// that cannot be folded in must not be ignored: then the set is not taken.
func (c *Convolutions) inOrder(tensors []Tensor) []network {
	sets := map[string][]Tensor{}
	vectors := map[string][]Tensor{} // by all of the name but its last part
	for _, t := range tensors {
		switch len(t.Shape) {
		case 4:
			p := pattern(t.Name)
			sets[p] = append(sets[p], t)
		case 1:
			p := parent(t.Name)
			vectors[p] = append(vectors[p], t)
		}
	}
	var all []network
	for _, p := range slices.Sorted(maps.Keys(sets)) {
		set := sets[p]
		slices.SortFunc(set, func(a, b Tensor) int { return compareNatural(a.Name, b.Name) })
		if !follow(set, c.file.format) {
			continue
		}
		pairs := make([][2]string, len(set))
		for i, t := range set {
			out := c.file.format.filters(t.Shape)[0]
			var biases []string
			for _, v := range vectors[parent(t.Name)] {
				if v.Shape[0] == out {
					biases = append(biases, v.Name)
				}
			}
			pairs[i][0] = t.Name
			if len(biases) > 0 {
				pairs[i][1], _ = biasOf(t.Name, biases) // none: Convolution says so
			}
		}
		if n, ok := c.ordered(pairs); ok && len(n.norms) == variances(tensors, set[0].Name) {
			all = append(all, n)
		}
	}
	return all
}

// follow says whether the filters are those of a VGG network of some width, in order.
func follow(set []Tensor, format Format) bool {
	network := vgg.Counted(len(set))
	if network == "" {
		return false
	}
	before := []int{3, 0, 3, 3} // three colours
	i := 0
	for _, count := range vgg.Blocks[network] {
		for k := range count {
			f := format.filters(set[i].Shape)
			if f[1] != before[0] || f[2] != 3 || f[3] != 3 || k > 0 && f[0] != before[0] {
				return false
			}
			before = f
			i++
		}
	}
	return true
}

// variances counts the batch normalisations of the model that a tensor is of.
func variances(tensors []Tensor, of string) int {
	count := 0
	for _, t := range tensors {
		variance := strings.HasSuffix(t.Name, "running_var") || strings.Contains(t.Name, "moving_variance") || strings.HasSuffix(t.Name, "/vars/3")
		if variance && root(t.Name) == root(of) {
			count++
		}
	}
	return count
}

var numberSuffix, number = regexp.MustCompile(`_\d+`), regexp.MustCompile(`\d+`)

// pattern is a name without its numbers: the same for conv2d/kernel:0 and conv2d_1/kernel:0.
func pattern(name string) string {
	return number.ReplaceAllString(numberSuffix.ReplaceAllString(name, ""), "#")
}

// parent is a name without its last part.
func parent(name string) string { return name[:max(0, strings.LastIndexAny(name, "./"))] }

// root is the first part of a name, without its numbers.
func root(name string) string {
	first, _, _ := strings.Cut(strings.ReplaceAll(name, "/", "."), ".")
	return pattern(first)
}

// compareNatural orders names as people do: conv2d, conv2d_2, conv2d_10.
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		i, j := digits(a), digits(b)
		if i > 0 && j > 0 {
			x, y := strings.TrimLeft(a[:i], "0"), strings.TrimLeft(b[:j], "0")
			if order := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); order != 0 {
				return order
			}
			a, b = a[i:], b[j:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// digits is the length of the number that a text begins with.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

// notFound says what was looked for, and what the file has.
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
	if count > 0 {
		text = "no VGG network among its convolutions, [out in height width]: " + strings.Join(some, ", ")
	}
	return fmt.Errorf("%w: %s. Accepted are the names conv1_1.weight, block1_conv1/kernel:0 or features.0.weight and so on, and any names "+
		"of the 13 convolutions of VGG-16 or the 16 of VGG-19 if they are in order and read three colours", ErrNotFound, text)
}
