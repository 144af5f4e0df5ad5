package nst_test

import (
	"context"
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"github.com/gonst/workbench/nst"
)

// stripes is a small picture to try things on: a colour wave of some period.
func stripes(width, height int, period float64) *nst.Image {
	m := nst.NewImage(width, height)
	for c := range 3 {
		for y := range height {
			for x := range width {
				phase := 2*math.Pi*(float64(x)+0.5*float64(y))/period + float64(c)
				m.Pix[(c*height+y)*width+x] = float32(0.5 + 0.4*math.Sin(phase))
			}
		}
	}
	return m
}

// The whole method in one literal: a network, an objective of named losses,
// and the number of steps.
func Example() {
	photo, paint := stripes(48, 32, 40), stripes(40, 40, 7)
	t := nst.Transfer{
		Objective: nst.Objective{
			{Name: "content", Weight: 0.4, Loss: nst.Content{Target: photo, Layers: nst.Layers("scale2"), Reduce: nst.Relative}},
			{Name: "style", Weight: 100, Loss: nst.Gram{Target: paint, Layers: nst.Layers("scale1", "scale2"),
				Normalize: nst.ByPositions, Reduce: nst.Relative}},
		},
		Optimizer: &nst.Adam{},
		Schedule:  nst.Exponential{Initial: 0.05, Decay: 0.9, Every: 10},
		Steps:     60,
	}
	result, err := t.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	first, last := result.Trace[0], result.Final()
	fmt.Println("steps:", result.Steps)
	fmt.Println("style loss fell to less than half:", last.Terms[1].Value < first.Terms[1].Value/2)
	// Output:
	// steps: 60
	// style loss fell to less than half: true
}

// A loss of one's own is a function that builds a scalar with ordinary Gorgonia
// operations. This one wants the feature maps' means to be those of another
// image: the simplest style there is.
func ExampleLossFunc() {
	paint := stripes(40, 40, 7)
	means := nst.LossFunc{
		Layers:  []string{"scale1"},
		Targets: []*nst.Image{paint},
		Func: func(c *nst.Context) (*gorgonia.Node, error) {
			f := gorgonia.Must(gorgonia.Mean(c.Feature("scale1").Matrix(), 1))
			p := gorgonia.Must(gorgonia.Mean(c.Target(paint, "scale1").Matrix(), 1))
			return gorgonia.Sum(gorgonia.Must(gorgonia.Square(gorgonia.Must(gorgonia.Sub(f, p)))))
		},
	}
	t := nst.Transfer{
		Objective: nst.Objective{{Name: "means", Weight: 1, Loss: means}},
		Start:     nst.FromImage(stripes(40, 40, 23)),
		Steps:     15,
	}
	result, err := t.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("loss fell to less than a tenth:", result.Final().Total < result.Trace[0].Total/10)
	// Output:
	// loss fell to less than a tenth: true
}

// An extractor gives every layer's maps by name.
func ExampleExtractor() {
	net, err := nst.Open("vgg19", nst.Options{Width: 1.0 / 16, Pooling: nst.Average})
	if err != nil {
		fmt.Println(err)
		return
	}
	extractor, err := net.Extractor("relu1_1", "block4_conv2")
	if err != nil {
		fmt.Println(err)
		return
	}
	features, err := extractor.Extract(context.Background(), stripes(64, 48, 9), stripes(64, 48, 21)) // two images, one batch
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, layer := range []string{"relu1_1", "block4_conv2"} {
		f := features[0][layer]
		fmt.Printf("%s: %d maps of %d x %d\n", layer, f.Channels, f.Width, f.Height)
	}
	_, err = net.Extractor("relu4_9")
	fmt.Println(err)
	// Output:
	// relu1_1: 4 maps of 64 x 48
	// block4_conv2: 32 maps of 8 x 6
	// nst: network vgg19 has no layer "relu4_9"; did you mean "relu4_1"?
}

// A style of one's own is numbers and a comparison. This one compares means, in the left
// half of the picture only.
func ExampleStatistic() {
	paint, left := stripes(40, 40, 7), nst.NewMask(2, 1)
	left.Weights[0] = 1
	means := nst.Statistic{
		Targets: []nst.Target{{Image: paint, Weight: 1}},
		Mask:    left,
		Layers:  nst.Layers("scale1"),
		Sums:    func(_ *nst.Context, f *nst.Feature) []*gorgonia.Node { return []*gorgonia.Node{f.Mean()} },
		Compare: func(c *nst.Context, image, aim []*gorgonia.Node) (*gorgonia.Node, error) {
			return c.SquaredDistance(image[0], aim[0], 1), nil
		},
	}
	t := nst.Transfer{
		Objective: nst.Objective{{Name: "means", Weight: 1, Loss: means}},
		Start:     nst.FromImage(stripes(40, 40, 23)),
		Steps:     15,
	}
	result, err := t.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("loss fell to less than a tenth:", result.Final().Total < result.Trace[0].Total/10)
	// Output:
	// loss fell to less than a tenth: true
}
