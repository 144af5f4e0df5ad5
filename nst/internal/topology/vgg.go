package topology

import (
	"fmt"
	"math"
)

// The VGG networks of Simonyan and Zisserman, "Very Deep Convolutional
// Networks for Large-Scale Image Recognition" (ICLR 2015), table 1,
// configurations D and E, without the classifier.
var (
	vgg16Convs = [5]int{2, 2, 3, 3, 3}
	vgg19Convs = [5]int{2, 2, 4, 4, 4}
	vggWidths  = [5]int{64, 128, 256, 512, 512}
)

// VGG19 returns the network of Gatys et al. width scales the number of channels (1 is the
// original; at least one channel stays).
func VGG19(width float64) *Network { return vgg("vgg19", vgg19Convs, width) }

// VGG16 returns the network with three instead of four convolutions in its last three blocks.
func VGG16(width float64) *Network { return vgg("vgg16", vgg16Convs, width) }

// Layers before the ReLU are called convB_I. Layers after it are called reluB_I, as in
// Caffe, or blockB_convI, as in Keras, whose convolution includes its activation.
func vgg(name string, convs [5]int, width float64) *Network {
	n := &Network{
		Name:       name,
		About:      fmt.Sprintf("VGG-%s of Simonyan and Zisserman without its classifier", name[3:]),
		Preprocess: Caffe,
		Init:       HeNormal,
	}
	from := Input
	for b, count := range convs {
		channels := max(1, int(math.Round(float64(vggWidths[b])*width)))
		for i := 1; i <= count; i++ {
			conv := fmt.Sprintf("conv%d_%d", b+1, i)
			relu := fmt.Sprintf("relu%d_%d", b+1, i)
			n.Layers = append(n.Layers,
				Layer{Name: conv, Kind: Convolution, From: from, Channels: channels, Size: 3},
				Layer{Name: relu, Aliases: []string{fmt.Sprintf("block%d_conv%d", b+1, i)},
					Kind: ReLU, From: conv, Channels: channels})
			from = relu
		}
		pool := fmt.Sprintf("pool%d", b+1)
		n.Layers = append(n.Layers, Layer{Name: pool, Aliases: []string{fmt.Sprintf("block%d_pool", b+1)},
			Kind: Pool, From: from, Channels: channels})
		from = pool
	}
	return n
}
