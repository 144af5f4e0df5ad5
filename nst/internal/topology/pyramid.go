package topology

import "fmt"

// Pyramid returns a network that needs no training: one layer of random filters on each
// level of a Gaussian pyramid of the image, so that it sees small and large structures
// at their own scale. After Ustyuzhaninov, Brendel, Gatys and Bethge, "Texture synthesis
// using shallow convolutional networks with random filters" (2016), and He, Wang and
// Hopcroft, "A powerful generative model using random weights for the deep image
// representation" (2016).
//
// The layers scale1 (finest) to scaleL are after the ReLU; scale1_conv to scaleL_conv are
// before it. They read the layer image and its reductions down2 to downL.
func Pyramid(levels, filters, size int) *Network {
	n := onImagePyramid(levels, func(l int, from string) []Layer {
		conv, scale := fmt.Sprintf("scale%d_conv", l), fmt.Sprintf("scale%d", l)
		return []Layer{
			{Name: conv, Kind: Convolution, From: from, Channels: filters, Size: size, Replicate: true},
			{Name: scale, Kind: ReLU, From: conv, Channels: filters}}
	})
	n.Name, n.Init = "pyramid", UnitNorm
	n.About = "random filters on every level of an image pyramid; needs no weight file"
	return n
}

// onImagePyramid returns a network of the image and its reductions down2 to downL, and the
// layers that level returns for each, which read the image from. Name, About and Init are
// left to the caller.
func onImagePyramid(levels int, level func(l int, from string) []Layer) *Network {
	n := &Network{Preprocess: Preprocessing{
		Order: [3]int{0, 1, 2}, Range: 1,
		Mean: Torchvision.Mean, Std: [3]float64{0.25, 0.25, 0.25},
	}}
	n.Layers = append(n.Layers, Layer{Name: Input, Kind: Image, Channels: 3})
	from := Input
	for l := 1; l <= levels; l++ {
		if l > 1 {
			down := fmt.Sprintf("down%d", l)
			n.Layers = append(n.Layers, Layer{Name: down, Kind: Downsample, From: from, Channels: 3})
			from = down
		}
		n.Layers = append(n.Layers, level(l, from)...)
	}
	return n
}
