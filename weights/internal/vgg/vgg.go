// Package vgg contains the shapes of the published VGG networks.
package vgg

import (
	"fmt"
	"slices"
)

// Blocks is the number of convolutions in each block.
var Blocks = map[string][]int{"vgg16": {2, 2, 3, 3, 3}, "vgg19": {2, 2, 4, 4, 4}}

// Widths is the number of maps in each block. Tests make it smaller.
var Widths = []int{64, 128, 256, 512, 512}

// Layer is a convolution: its name, such as conv1_1, and the maps that it reads and writes.
type Layer struct {
	Name    string
	In, Out int
}

// Layers lists a network's convolutions in order, or none for an unknown network.
func Layers(network string) []Layer {
	var all []Layer
	in := 3 // the three colours
	for b, count := range Blocks[network] {
		for k := range count {
			all = append(all, Layer{fmt.Sprintf("conv%d_%d", b+1, k+1), in, Widths[b]})
			in = Widths[b]
		}
	}
	return all
}

// Named returns the network that has exactly these layers, in order, or an empty text
// if none has.
func Named(layers []string) string {
	for network := range Blocks {
		if slices.EqualFunc(Layers(network), layers, func(l Layer, name string) bool { return l.Name == name }) {
			return network
		}
	}
	return ""
}

// Counted returns the network with that many convolutions, or an empty text if none
// has.
func Counted(convolutions int) string {
	for network := range Blocks {
		if len(Layers(network)) == convolutions {
			return network
		}
	}
	return ""
}
