package weights_test

import (
	"fmt"

	"github.com/gonst/workbench/nst"
	"github.com/gonst/workbench/weights"
)

// A network with trained weights. Here they are the weights of a narrow VGG-16 of
// torchvision.
func ExampleOpen() {
	w, err := weights.Open("../nst/testdata/torchvision/vgg16.pth")
	if err != nil {
		panic(err)
	}
	defer w.Close()
	preprocess := nst.Torchvision()
	net, err := nst.Open(w.Network(), nst.Options{Weights: w, Width: 1.0 / 32, Preprocess: &preprocess})
	if err != nil {
		panic(err)
	}
	fmt.Println(net.Name(), len(w.Layers()), "convolutions")
	// Output: vgg16 13 convolutions
}
