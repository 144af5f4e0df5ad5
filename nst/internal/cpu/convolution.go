package cpu

import (
	"unsafe"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// convolution compiles convolutions and their gradients. The note of a ReLU has one bit
// for each value: whether it was above 0.
func (d Device) convolution(s op.Spec) (*op.Compiled, error) {
	w := d.Workers
	switch s := s.(type) {
	case op.Conv:
		k, err := d.conv(s.Filters)
		return &op.Compiled{Run: func(y, note []float32, in [][]float32) {
			d.Member.Forward(w, k, y, in[0], s.H, s.W, s.ReLU, words(note))
		}}, err
	case op.ConvGradient:
		k, err := d.conv(s.Filters)
		return run(func(dx []float32, in [][]float32) { d.Member.Backward(w, k, dx, in[0], wordsOf(in), s.H, s.W) }), err
	case op.ImageConv:
		k, err := d.imageConv(s.Filters)
		return &op.Compiled{Run: func(y, note []float32, in [][]float32) {
			k.Forward(w, y, in[0], s.H, s.W, s.ReLU, words(note))
		}}, err
	case op.ImageConvGradient:
		k, err := d.imageConv(s.Filters)
		return run(func(dx []float32, in [][]float32) { k.Backward(w, dx, in[0], wordsOf(in), s.H, s.W) }), err
	}
	return nil, nil
}

// Prepare reads the filters and transforms those that are kept, so that a running program
// does not wait for them.
func (d Device) Prepare(f *op.Filters, onImage bool) error {
	if d.Planning {
		return nil
	}
	if onImage {
		_, err := d.imageConv(f)
		return err
	}
	k, err := d.conv(f)
	if err == nil && !d.LowMemory {
		k.Prepare()
	}
	return err
}

// words returns the note of a ReLU in the form that the kernels use.
func words(note []float32) []uint16 {
	if note == nil {
		return nil
	}
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(note))), 2*len(note))
}

// wordsOf returns the note among a gradient's inputs; nil if there was no ReLU.
func wordsOf(in [][]float32) []uint16 {
	if len(in) < 2 {
		return nil
	}
	return words(in[1])
}

// conv returns the kernel of the filters, which all programs share; nil for planning.
func (d Device) conv(f *op.Filters) (*kernel.Conv, error) {
	if d.Planning {
		return nil, nil
	}
	made, err := f.Made(Device{}, func(weight, bias []float32) any {
		return kernel.NewConv(f.In, f.Out, weight, bias, f.Padding, f.Precision)
	})
	if err != nil {
		return nil, err
	}
	if k := made.(*kernel.Conv); d.LowMemory {
		return k.LowMemory(), nil
	}
	return made.(*kernel.Conv), nil
}

func (d Device) imageConv(f *op.Filters) (*kernel.ImageConv, error) {
	if d.Planning {
		return nil, nil
	}
	made, err := f.Made(Device{}, func(weight, bias []float32) any {
		return kernel.NewImageConv(f.In, f.Out, f.Size, weight, bias, f.Padding)
	})
	if err != nil {
		return nil, err
	}
	return made.(*kernel.ImageConv), nil
}
