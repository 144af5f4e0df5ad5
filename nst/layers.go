package nst

import (
	"errors"
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/gonst/workbench/nst/internal/topology"
)

// LayerInfo describes one layer of a network.
type LayerInfo struct {
	Name      string   // relu4_2, scale3
	Aliases   []string // block4_conv2
	Kind      string   // convolution, relu, signs or pool; in pyramids also image, downsample or energy
	Channels  int      // number of feature maps
	Reduction int      // factor by which the maps are smaller than the image, on each side
	Reads     string   // the layer of this list that it is computed from; empty: the image
	Inputs    int      // number of maps that a convolution reads
	Kernel    int      // side of a convolution's filters in positions; 0: not a convolution
}

// Layers lists the layers that an extractor or a loss can read, from the image inwards.
// VGG's conv4_2 is the convolution before its ReLU; relu4_2 (Keras' block4_conv2) is
// after it. The papers' "conv4_2" is relu4_2.
func (n *Network) Layers() []LayerInfo {
	var infos []LayerInfo
	for _, l := range n.table.Layers {
		info := LayerInfo{Name: l.Name, Aliases: l.Aliases, Kind: l.Kind.String(),
			Channels: l.Channels, Reduction: n.table.Reduction(l)}
		if l.Kind == topology.Convolution {
			info.Inputs, info.Kernel = n.table.InChannels(l), l.Size
		}
		if from, ok := n.table.Find(l.From); ok {
			info.Reads = from.Name
		}
		infos = append(infos, info)
	}
	return infos
}

// MapSize returns the width and height of a layer's maps for an image of the given size.
// They are 0 if the image is too small.
func (n *Network) MapSize(layer string, width, height int) (w, h int, err error) {
	l, err := n.layer(layer)
	if err != nil {
		return 0, 0, err
	}
	h, w = n.table.Output(l, height, width)
	return w, h, nil
}

// ErrUnknownLayer is the error that errors.Is finds in every UnknownLayerError.
var ErrUnknownLayer = errors.New("nst: unknown layer")

// UnknownLayerError is the error about a layer that a network does not have. Its message
// suggests the nearest name.
type UnknownLayerError struct {
	Layer, Network string
	Known          []string
}

func (e *UnknownLayerError) Error() string {
	return fmt.Sprintf("nst: network %s has no layer %q%s", e.Network, e.Layer, suggestion(e.Layer, e.Known))
}

func (e *UnknownLayerError) Is(target error) bool { return target == ErrUnknownLayer }

// CheckLayer returns an error if the network does not have the layer, by name or alias.
func (n *Network) CheckLayer(name string) error { _, err := n.layer(name); return err }

func (n *Network) layer(name string) (topology.Layer, error) {
	if l, ok := n.table.Find(topology.Canonical(name)); ok {
		return l, nil
	}
	var known []string
	for _, l := range n.Layers() {
		known = append(append(known, l.Name), l.Aliases...)
	}
	return topology.Layer{}, &UnknownLayerError{Layer: name, Network: n.table.Name, Known: known}
}

// suggestion ends a message about an unknown name. It gives the nearest known name if it
// is similar, or all names if there are few.
func suggestion(name string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if d := levenshtein.ComputeDistance(topology.Canonical(name), k); d < distance {
			best, distance = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("; did you mean %q?", best)
	case len(known) <= 12:
		return "; there are " + strings.Join(known, ", ")
	}
	return fmt.Sprintf("; there are %s, … %s", strings.Join(known[:6], ", "), known[len(known)-1])
}
