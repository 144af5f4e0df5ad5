package weights

import (
	"errors"
	"fmt"
	"math"
	"regexp"
)

// Convolutions provides a VGG network's convolutions by the names of its layers,
// conv1_1 to conv5_4. Files use these names and layouts:
//
//	conv1_1.weight                   Caffe's names                       [out][in][3][3]
//	features.0.weight, .2, .5, …     PyTorch's, by order                 [out][in][3][3]
//	block1_conv1/…/kernel:0, …_W_1:0 Keras', up to version 2, and .h5    [3][3][in][out]
//	0.weight; layers/conv2d/vars/0   any, if order and shapes fit one    by the file's format
//	                                 network only: Keras 3 has such names
//
// A file with two sets of weights, such as a model and its running average, gives
// ErrAmbiguous.
//
// If a batch normalisation follows a convolution (vgg19_bn), as features.1 follows
// features.0, it is folded into the convolution: conv1_1 then computes both.
//
// It is safe for concurrent use.
type Convolutions struct {
	file  *File
	names map[string][2]string // weight and bias by layer
	norms map[string]string    // the batch normalisation's prefix, by layer
}

// Open opens a file of trained VGG weights, in any format that this package reads, and
// finds its convolutions. A file without convolutions is an error. The result fits
// nst.Options.Weights; close it when the network is no longer used.
//
// Oxford's own weights, which Keras distributes and which were converted from Caffe,
// need nst.Caffe, the default preprocessing of nst's networks. torchvision's weights
// need nst.Torchvision.
func Open(path string) (*Convolutions, error) {
	f, err := OpenFile(path)
	if err != nil {
		return nil, err
	}
	c, err := NewConvolutions(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return c, nil
}

// NewConvolutions finds the convolutions in an open file. Close closes the file.
func NewConvolutions(f *File) (*Convolutions, error) {
	c := &Convolutions{file: f, names: map[string][2]string{}, norms: map[string]string{}}
	if err := c.find(); err != nil {
		if partName.MatchString(f.name) {
			err = fmt.Errorf("%w. By its name it is one of several files of a model: save the model in one file", err)
		}
		return nil, &Error{File: f.name, Err: err}
	}
	return c, nil
}

// partName matches the names of the files of a model in several files, as Hugging Face's
// libraries write them: model-00001-of-00002.safetensors.
var partName = regexp.MustCompile(`-\d{5}-of-\d{5}\.[a-z]+$`)

// Close closes the file.
func (c *Convolutions) Close() error { return c.file.Close() }

// Convolution returns a layer's filters, [out][in][3][3] (cross-correlation, as in
// PyTorch), and its biases, [out]. Every call reads them from the file.
func (c *Convolutions) Convolution(layer string) (weight, bias []float32, err error) {
	if c == nil {
		return nil, nil, errors.New("weights: no file is open, because Open returned an error")
	}
	pair := c.names[layer]
	if pair[0] == "" || pair[1] == "" {
		return nil, nil, &Error{File: c.file.name, Err: fmt.Errorf("%w: no weights and biases for %s", ErrNotFound, layer)}
	}
	if weight, err = c.file.Read(pair[0]); err != nil {
		return nil, nil, err
	}
	if bias, err = c.file.Read(pair[1]); err != nil {
		return nil, nil, err
	}
	t, err := c.file.Tensor(pair[0])
	if err != nil {
		return nil, nil, err
	}
	for part, values := range [][]float32{weight, bias} {
		for i, v := range values {
			if v != v || math.IsInf(float64(v), 0) {
				return nil, nil, &Error{File: c.file.name, Tensor: pair[part], Err: corrupt("element %d is %v", i, v)}
			}
		}
	}
	if c.file.format.kernelsFirst() {
		weight, t.Shape = outermost(weight, t.Shape)
	}
	if t.Shape[0] != len(bias) || len(weight) == 0 || t.Shape[2] != 3 || t.Shape[3] != 3 {
		return nil, nil, &Error{File: c.file.name, Tensor: pair[0],
			Err: unsupported("shape %v with %d biases: must be %d x in x 3 x 3", t.Shape, len(bias), len(bias))}
	}
	if norm := c.norms[layer]; norm != "" {
		err = c.fold(norm, weight, bias)
	}
	return weight, bias, err
}

// normEpsilon is the number that torch's BatchNorm2d adds to the variance. The file
// does not contain it.
const normEpsilon = 1e-5

// fold combines a convolution with the batch normalisation after it, for a network that
// is not in training: y = (x - mean) / sqrt(variance + epsilon) * scale + shift.
func (c *Convolutions) fold(norm string, weight, bias []float32) error {
	var part [4][]float32
	for i, name := range []string{".weight", ".bias", ".running_mean", ".running_var"} {
		v, err := c.file.Read(norm + name)
		if err != nil {
			return err
		}
		if len(v) != len(bias) {
			return &Error{File: c.file.name, Tensor: norm + name, Err: unsupported("%d elements for %d maps", len(v), len(bias))}
		}
		part[i] = v
	}
	per := len(weight) / len(bias)
	for o := range bias {
		variance := float64(part[3][o])
		scale := float64(part[0][o]) / math.Sqrt(variance+normEpsilon)
		shift := (float64(bias[o])-float64(part[2][o]))*scale + float64(part[1][o])
		if !(variance >= 0) || math.IsNaN(shift) || math.IsInf(shift, 0) {
			return &Error{File: c.file.name, Tensor: norm + ".running_var", Err: corrupt("map %d: variance %v, mean %v, scale %v, shift %v",
				o, part[3][o], part[2][o], part[0][o], part[1][o])}
		}
		bias[o] = float32(shift)
		for i := range per {
			weight[o*per+i] = float32(float64(weight[o*per+i]) * scale)
		}
	}
	return nil
}

// outermost converts [height][width][in][out] to [out][in][height][width].
func outermost(v []float32, shape []int) ([]float32, []int) {
	height, width, in, out := shape[0], shape[1], shape[2], shape[3]
	w := make([]float32, len(v))
	for i, value := range v {
		o, c, x, y := i%out, i/out%in, i/out/in%width, i/out/in/width
		w[((o*in+c)*height+y)*width+x] = value
	}
	return w, []int{out, in, height, width}
}
