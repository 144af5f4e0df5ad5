package topology

import "fmt"

// Angles is the number of orientations of the oriented pyramid: 0, 30, … 150 degrees.
const Angles = 6

// Oriented returns a network of fixed filters that needs no training: Gabor filters in
// opponent colours on each level of a Gaussian pyramid of the image. They see strokes and
// edges by their direction, width and colour, as the first stage of many models of
// texture perception does (Bergen and Landy 1991; Portilla and Simoncelli, "A parametric
// texture model based on joint statistics of complex wavelet coefficients", 2000).
//
// The layer scaleL has 54 maps: 27 responses, each with both signs. The responses before
// that are scaleL_conv. On each level a second layer, secondL, sees how the strength of
// each orientation changes from place to place: 36 filters of the energies of the first
// layer, energyL, with both signs, 72 maps at half the size.
func Oriented(levels int) *Network {
	n := onImagePyramid(levels, func(l int, from string) []Layer {
		scale, energy, second := fmt.Sprintf("scale%d", l), fmt.Sprintf("energy%d", l), fmt.Sprintf("second%d", l)
		first, then := 4*Angles+3, Angles*Angles
		return []Layer{
			{Name: scale + "_conv", Kind: Convolution, From: from, Channels: first, Size: 7, Replicate: true},
			{Name: scale, Kind: Signs, From: scale + "_conv", Channels: 2 * first},
			{Name: energy, Kind: Energy, From: scale, Channels: Angles},
			{Name: second + "_conv", Kind: Convolution, From: energy, Channels: then, Size: 5, Replicate: true},
			{Name: second, Kind: Signs, From: second + "_conv", Channels: 2 * then}}
	})
	n.Name, n.Init = "oriented", Steered
	n.About = "oriented filters in opponent colours on every level of an image pyramid; needs no weight file"
	return n
}
