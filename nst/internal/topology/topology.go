// Package topology holds the networks as tables: which layers there are, what
// each reads, how big it is and what it is called. A table has no weights and
// computes nothing; a VGG and a pyramid of random filters are both just tables.
package topology

import (
	"fmt"
	"strings"
)

// Kind says what a layer does.
type Kind uint8

const (
	Convolution Kind = iota // stride 1, same size, with bias
	ReLU                    // max(x, 0)
	Pool                    // 2x2, stride 2, odd rests dropped
	Downsample              // binomial 1-4-6-4-1 both ways, every second pixel kept
)

func (k Kind) String() string {
	switch k {
	case Convolution:
		return "convolution"
	case ReLU:
		return "relu"
	case Pool:
		return "pool"
	case Downsample:
		return "downsample"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Input is the name under which layers read the preprocessed image.
const Input = "image"

// Layer is one row of a table.
type Layer struct {
	Name    string   // unique in the network: conv1_1, relu1_1, pool1, scale1
	Aliases []string // other spellings: Keras' block1_conv1 is relu1_1
	Kind    Kind
	From    string // the layer it reads, or Input
	// Channels is the number of maps that come out.
	Channels int
	// Size is the side of a convolution's filters; 0 for other kinds.
	Size int
	// Replicate pads a convolution by repeating the edge, whatever the
	// network's padding is otherwise.
	Replicate bool
}

// Initialization says how filters are drawn where there are no trained ones.
type Initialization uint8

const (
	// HeNormal draws normal values with variance 2/(fan in) and removes each
	// filter's mean over its input channels.
	HeNormal Initialization = iota
	// UnitNorm draws normal values, removes the mean over space and colour
	// channel for four filters in five, and scales each filter to norm one.
	// Such a network is to be calibrated on the images it will see.
	UnitNorm
)

// Preprocessing turns an image (RGB in [0,1]) into what the first layer reads:
// channel c is (image[Order[c]]*Range - Mean[c]) / Std[c].
type Preprocessing struct {
	Order [3]int // {0,1,2} is RGB, {2,1,0} is BGR
	Range float64
	Mean  [3]float64 // in the order and range of the result
	Std   [3]float64
}

// Caffe is what the VGG networks of Oxford were trained with, and with them
// Keras' weights and Gatys': BGR, 0 to 255, minus the mean colour of ImageNet.
var Caffe = Preprocessing{
	Order: [3]int{2, 1, 0}, Range: 255,
	Mean: [3]float64{103.939, 116.779, 123.68}, Std: [3]float64{1, 1, 1},
}

// Torchvision is what torchvision's own VGG networks were trained with.
var Torchvision = Preprocessing{
	Order: [3]int{0, 1, 2}, Range: 1,
	Mean: [3]float64{0.485, 0.456, 0.406}, Std: [3]float64{0.229, 0.224, 0.225},
}

// Network is a table.
type Network struct {
	Name       string
	About      string // one line for people
	Layers     []Layer
	Preprocess Preprocessing
	Init       Initialization
}

// Find returns the layer of that name or alias.
func (n *Network) Find(name string) (Layer, bool) {
	for _, l := range n.Layers {
		if l.Name == name {
			return l, true
		}
		for _, a := range l.Aliases {
			if a == name {
				return l, true
			}
		}
	}
	return Layer{}, false
}

// Names lists every name and alias that Find accepts, in the table's order.
func (n *Network) Names() []string {
	var names []string
	for _, l := range n.Layers {
		names = append(append(names, l.Name), l.Aliases...)
	}
	return names
}

// Path returns the layers that computing the named ones takes, in the table's
// order, which is an order of evaluation. Names must be known.
func (n *Network) Path(names ...string) []Layer {
	need := map[string]bool{}
	for _, name := range names {
		l, ok := n.Find(name)
		for ok && !need[l.Name] {
			need[l.Name] = true
			l, ok = n.Find(l.From)
		}
	}
	var path []Layer
	for _, l := range n.Layers {
		if need[l.Name] {
			path = append(path, l)
		}
	}
	return path
}

// InChannels is the number of maps that the layer reads.
func (n *Network) InChannels(l Layer) int {
	if from, ok := n.Find(l.From); ok {
		return from.Channels
	}
	return 3
}

// OnImage tells whether the layer reads the image or a smaller copy of it,
// rather than feature maps.
func (n *Network) OnImage(l Layer) bool {
	from, ok := n.Find(l.From)
	return !ok || from.Kind == Downsample
}

// Reduction is by how much the layer's maps are smaller than the image, on a side.
func (n *Network) Reduction(l Layer) int {
	r := 1
	for ok := true; ok; l, ok = n.Find(l.From) {
		if l.Kind == Pool || l.Kind == Downsample {
			r *= 2
		}
	}
	return r
}

// Output is the height and width of the layer's maps for an image of that
// size. Pooling drops an odd row (as PyTorch and Keras do; Caffe would keep
// it), the pyramid keeps it. The result can be 0 by 0.
func (n *Network) Output(l Layer, height, width int) (int, int) {
	if from, ok := n.Find(l.From); ok {
		height, width = n.Output(from, height, width)
	}
	switch l.Kind {
	case Pool:
		return height / 2, width / 2
	case Downsample:
		return (height + 1) / 2, (width + 1) / 2
	}
	return height, width
}

// Canonical brings a user's spelling nearer to the table's: lower case, no
// blanks around it.
func Canonical(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
