// Package topology describes networks as tables of layers: the name of each layer, what it
// reads and its size. A table has no weights and computes nothing.
package topology

import (
	"fmt"
	"strings"
)

// Kind is the kind of a layer.
type Kind uint8

const (
	Convolution Kind = iota // stride 1, same size, with bias
	ReLU                    // max(x, 0)
	Pool                    // 2x2, stride 2; drops an odd row or column
	Downsample              // binomial filter 1-4-6-4-1 in both directions; keeps every second pixel
	Signs                   // max(x, 0) and max(-x, 0) of every map x, one after the other: twice as many maps
	Energy                  // sqrt(sum of squares + 0.01) of every four maps, averaged over 2x2; drops an odd row or column
	Image                   // the preprocessed image itself
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
	case Signs:
		return "signs"
	case Energy:
		return "energy"
	case Image:
		return "image"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Planar reports whether a layer of this kind computes an image, plane by plane, and not
// feature maps. Only convolutions and further planar layers read it.
func (k Kind) Planar() bool { return k == Downsample || k == Energy || k == Image }

// Input is the name of the preprocessed image, which the first layers read. Networks whose
// losses may name it have it as a layer.
const Input = "image"

// Layer is one row of a table.
type Layer struct {
	Name    string   // unique in the network: conv1_1, relu1_1, pool1, scale1
	Aliases []string // other spellings: Keras' block1_conv1 is relu1_1
	Kind    Kind
	From    string // the layer it reads, or Input
	// Channels is the number of output maps.
	Channels int
	// Size is the side of a convolution's filters; 0 for other kinds.
	Size int
	// Replicate pads a convolution with the value at the edge, whatever the network's
	// padding is.
	Replicate bool
}

// Initialization says how random filters are drawn.
type Initialization uint8

const (
	// HeNormal draws normal values with variance 2/(fan in) and removes each
	// filter's mean over its input channels.
	HeNormal Initialization = iota
	// UnitNorm draws normal values, removes the mean over space and colour channel for
	// four filters in five, and scales each filter to norm one. Such a network must be
	// calibrated on its images.
	UnitNorm
	// Steered takes the fixed filters of the oriented pyramid: nothing is random. Such a
	// network must be calibrated on its images.
	Steered
)

// Preprocessing converts an image (RGB in [0,1]) to the input of the first layer: channel
// c is (image[Order[c]]*Range - Mean[c]) / Std[c].
type Preprocessing struct {
	Order [3]int // {0,1,2} is RGB, {2,1,0} is BGR
	Range float64
	Mean  [3]float64 // in the order and range of the result
	Std   [3]float64
}

// Caffe is the preprocessing of Oxford's VGG networks, and so of Keras' and Gatys'
// weights: BGR, 0 to 255, minus the mean colour of ImageNet.
var Caffe = Preprocessing{
	Order: [3]int{2, 1, 0}, Range: 255,
	Mean: [3]float64{103.939, 116.779, 123.68}, Std: [3]float64{1, 1, 1},
}

// Torchvision is the preprocessing of torchvision's own VGG networks.
var Torchvision = Preprocessing{
	Order: [3]int{0, 1, 2}, Range: 1,
	Mean: [3]float64{0.485, 0.456, 0.406}, Std: [3]float64{0.229, 0.224, 0.225},
}

// Network is a table of layers.
type Network struct {
	Name       string
	About      string // one-line description
	Layers     []Layer
	Preprocess Preprocessing
	Init       Initialization
}

// Find returns the layer with the name or alias.
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

// Path returns the layers that are needed to compute the named ones, in the table's order,
// which is an order of evaluation. It ignores unknown names.
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

// InChannels returns the number of maps that the layer reads.
func (n *Network) InChannels(l Layer) int {
	if from, ok := n.Find(l.From); ok {
		return from.Channels
	}
	return 3
}

// OnImage reports whether the layer reads the image or another planar layer, not feature maps.
func (n *Network) OnImage(l Layer) bool {
	from, ok := n.Find(l.From)
	return !ok || from.Kind.Planar()
}

// Reduction returns the factor by which the layer's maps are smaller than the image, on each side.
func (n *Network) Reduction(l Layer) int {
	r := 1
	for ok := true; ok; l, ok = n.Find(l.From) {
		switch l.Kind {
		case Pool, Downsample, Energy:
			r *= 2
		}
	}
	return r
}

// Output returns the height and width of the layer's maps for an image of the given size.
// Pooling drops an odd row or column (as PyTorch and Keras do; Caffe keeps it); the
// pyramid keeps it. The result can be 0 by 0.
func (n *Network) Output(l Layer, height, width int) (int, int) {
	if from, ok := n.Find(l.From); ok {
		height, width = n.Output(from, height, width)
	}
	switch l.Kind {
	case Pool, Energy:
		return height / 2, width / 2
	case Downsample:
		return (height + 1) / 2, (width + 1) / 2
	}
	return height, width
}

// Canonical converts a user's spelling to the table's: lower case, without surrounding
// blanks.
func Canonical(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
