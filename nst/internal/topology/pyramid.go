package topology

import "fmt"

// Pyramid is a network that needs no training: one layer of random filters on
// each level of a Gaussian pyramid of the image, so that strokes, swirls and
// large shapes are all seen, each at its own scale. After Ustyuzhaninov,
// Brendel, Gatys and Bethge, "Texture synthesis using shallow convolutional
// networks with random filters" (2016), and He, Wang and Hopcroft, "A powerful
// generative model using random weights for the deep image representation"
// (2016).
//
// Its layers are scale1 (finest) to scaleL, after the ReLU, and scale1_conv and
// so on before it; down2 to downL are the smaller images that they read.
func Pyramid(levels, filters, size int) *Network {
	n := &Network{
		Name:  "pyramid",
		About: "random filters on every level of an image pyramid; needs no weight file",
		Preprocess: Preprocessing{
			Order: [3]int{0, 1, 2}, Range: 1,
			Mean: Torchvision.Mean, Std: [3]float64{0.25, 0.25, 0.25},
		},
		Init: UnitNorm,
	}
	from := Input
	for l := 1; l <= levels; l++ {
		if l > 1 {
			down := fmt.Sprintf("down%d", l)
			n.Layers = append(n.Layers, Layer{Name: down, Kind: Downsample, From: from, Channels: 3})
			from = down
		}
		conv, scale := fmt.Sprintf("scale%d_conv", l), fmt.Sprintf("scale%d", l)
		n.Layers = append(n.Layers,
			Layer{Name: conv, Kind: Convolution, From: from, Channels: filters, Size: size, Replicate: true},
			Layer{Name: scale, Kind: ReLU, From: conv, Channels: filters})
	}
	return n
}
