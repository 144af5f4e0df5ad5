package weights

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gonst/workbench/weights/internal/vgg"
)

// inOrder finds networks whose names do not identify layers: sets of 3 x 3 filters, as
// many as a network has, whose shapes follow each other starting from three colours and
// change only between blocks. Names within a set differ only in numbers. A set with a
// batch normalisation that cannot be folded in is not used, because the batch
// normalisation must not be ignored.
func (c *Convolutions) inOrder(tensors []Tensor) []network {
	sets := map[string][]Tensor{}
	vectors := map[string][]Tensor{} // by the name without its last part
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
				pairs[i][1], _ = biasOf(t.Name, biases) // if there is none, Convolution reports it
			}
		}
		if n, ok := c.ordered(pairs); ok && len(n.norms) == variances(tensors, set[0].Name) {
			all = append(all, n)
		}
	}
	return all
}

// follow reports whether the filters are those of a VGG network of some width, in
// order.
func follow(set []Tensor, format Format) bool {
	network := vgg.Counted(len(set))
	if network == "" {
		return false
	}
	before := []int{3, 0, 3, 3} // the three colours
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

// variances counts the batch normalisations of the model to which a tensor belongs.
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

// pattern returns a name without its numbers: the same for conv2d/kernel:0 and
// conv2d_1/kernel:0.
func pattern(name string) string {
	return number.ReplaceAllString(numberSuffix.ReplaceAllString(name, ""), "#")
}

// parent returns a name without its last part.
func parent(name string) string { return name[:max(0, strings.LastIndexAny(name, "./"))] }

// root returns the first part of a name, without its numbers.
func root(name string) string {
	first, _, _ := strings.Cut(strings.ReplaceAll(name, "/", "."), ".")
	return pattern(first)
}

// compareNatural compares names by the values of their numbers: conv2d, conv2d_2,
// conv2d_10.
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

// digits returns the length of the number at the beginning of a text.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
