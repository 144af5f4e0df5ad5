package nst

import (
	"context"
	_ "embed"
	"encoding/json"
	"math"
	"slices"
)

// The forward checksum: the network runs on a drawn picture, and the responses are compared
// with those of published weights.

//go:embed known.json
var knownText []byte

// knownWeights are the responses of published weights with their own preprocessing.
// nst/testdata/known/generate.py gives the source of each.
type knownWeights struct {
	Name, About, Network, Preprocess string
	// Values lists, by layer: map, row, column, and the difference between the response
	// there and the response where the picture is flat.
	Values map[string][][4]float64
}

// Recognition is the result of Recognize. All fields are empty if the weights are not
// among the known ones.
type Recognition struct {
	Name       string // vgg19-oxford, vgg16-oxford, vgg19-torchvision, vgg16-torchvision
	About      string // a description of the weights
	Preprocess string // their preprocessing: "caffe" or "torchvision"
	Reversed   bool   // the colours are in the reverse order
	Fault      string // another fault, in words; empty: none was found
}

// Recognize compares a network's responses to a drawn picture with those of published
// weights. It takes a few milliseconds and reads the filters up to conv3_4 at most.
//
// It knows four: Oxford's VGG-19, up to its third block; of Oxford's VGG-16 nine
// numbers of a single filter; of torchvision's VGG-19 and VGG-16 three filters of the
// first layer. It detects
//   - which weights these are, and so their preprocessing;
//   - reversed colours, exchanged rows and columns, and filters turned by 180 degrees
//     (true convolution), for these four;
//   - for Oxford's VGG-19 also any other change up to conv3_4.
//
// It gives no result for other weights (your own training, vgg19_bn), and does not check
// layers after those named. Rounding to half precision or bfloat16 does not count as a
// difference.
func Recognize(ctx context.Context, network string, w Weights) (Recognition, error) {
	var all []knownWeights
	if err := json.Unmarshal(knownText, &all); err != nil {
		return Recognition{}, errorf("known weights: %w", err)
	}
	if weight, _, err := w.Convolution("conv1_1"); err != nil || len(weight) != 64*27 {
		return Recognition{}, err // of other channels: none of them
	}
	for _, change := range changes {
		for _, k := range all {
			same, err := k.agrees(ctx, changed{w, change.order}, "conv1_1")
			if err != nil {
				return Recognition{}, err
			}
			if !same {
				continue
			}
			r := Recognition{k.Name, k.About, k.Preprocess, change.order.reversed, change.fault}
			if r.Fault == "" && k.Network != network {
				r.Fault = "they are not for " + network
			}
			if r.Fault == "" {
				r.Fault, err = k.deeper(ctx, changed{w, change.order})
			}
			return r, err
		}
	}
	return Recognition{}, nil
}

// deeper returns a fault that names the first layer after conv1_1 with other responses.
func (k knownWeights) deeper(ctx context.Context, w Weights) (fault string, err error) {
	for _, layer := range []string{"relu2_1", "relu3_1", "relu3_4"} {
		if k.Values[layer] == nil {
			continue
		}
		same, err := k.agrees(ctx, w, layer)
		if err != nil {
			return "", err
		}
		if !same {
			return "the first layer is theirs, but " + layer + " responds otherwise: filters before it are damaged, or in another order", nil
		}
	}
	return "", nil
}

// recognizeTolerance is relative to the norm of the responses: twice the error of
// bfloat16, and far below the difference of any other filters.
const recognizeTolerance = 0.01

// agrees reports whether the responses of one layer agree with the known ones.
func (k knownWeights) agrees(ctx context.Context, w Weights, layer string) (bool, error) {
	preprocess := map[string]Preprocessing{"caffe": Caffe(), "torchvision": Torchvision()}[k.Preprocess]
	n, err := Open(k.Network, Options{Weights: w, Preprocess: &preprocess})
	if err != nil {
		return false, err
	}
	e, err := n.Extractor(layer)
	if err != nil {
		return false, err
	}
	features, err := e.Extract(ctx, checkPicture())
	if err != nil {
		return false, err
	}
	f := features[0][layer]
	at := func(m, y, x int) float64 { return float64(f.Data[(m*f.Height+y)*f.Width+x]) }
	reduction := checkSide / f.Height
	var apart, norm float64
	for _, v := range k.Values[layer] {
		m, y, x := int(v[0]), int(v[1]), int(v[2])
		d := at(m, y, x) - at(m, checkFlat[0]/reduction, checkFlat[1]/reduction) - v[3]
		apart += d * d
		norm += v[3] * v[3]
	}
	return math.Sqrt(apart) <= recognizeTolerance*math.Sqrt(norm), nil // false if a value is not finite
}

const checkSide = 32

var checkFlat = [2]int{12, 6} // row and column

// checkPicture is grey, with a red, a green and a blue dot, which test the filters of each
// colour separately, and stripes for the deeper layers.
func checkPicture() *Image {
	m := NewImage(checkSide, checkSide)
	set := func(c, y, x int, v float32) { m.Pix[(c*checkSide+y)*checkSide+x] = v }
	for i := range m.Pix {
		m.Pix[i] = 0.5
	}
	for c := range 3 {
		set(c, 6, 6+10*c, 1)
	}
	for y := 18; y < checkSide; y++ {
		for x := 14; x < checkSide; x++ {
			for c, v := range [3]int{x + y, x + 2*y, x} {
				set(c, y, x, float32(v%8)/8)
			}
		}
	}
	return m
}

// changes lists the wrong layouts of filters, as permutations of the nine taps and the
// three colours; the first is the correct layout.
var changes = func() []change {
	same, turned, exchanged := []int{0, 1, 2, 3, 4, 5, 6, 7, 8}, []int{8, 7, 6, 5, 4, 3, 2, 1, 0}, []int{0, 3, 6, 1, 4, 7, 2, 5, 8}
	const (
		around = "their filters are turned around, as for a true convolution"
		rows   = "their filters' rows and columns are exchanged"
	)
	return []change{
		{order{same, false}, ""},
		{order{same, true}, ""},
		{order{turned, false}, around},
		{order{exchanged, false}, rows},
		{order{turned, true}, around},
		{order{exchanged, true}, rows},
	}
}()

type change struct {
	order order
	fault string
}

type order struct {
	taps     []int
	reversed bool // the colours
}

// changed are weights with a permuted first layer.
type changed struct {
	Weights
	order order
}

func (c changed) Convolution(layer string) (weight, bias []float32, err error) {
	weight, bias, err = c.Weights.Convolution(layer)
	if err != nil || layer != "conv1_1" {
		return weight, bias, err
	}
	w := slices.Clone(weight)
	for i := range w {
		filter, colour, tap := i/27, i/9%3, i%9
		if c.order.reversed {
			colour = 2 - colour
		}
		w[i] = weight[filter*27+colour*9+c.order.taps[tap]]
	}
	return w, bias, nil
}
