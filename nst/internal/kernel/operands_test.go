package kernel

import (
	"testing"
)

// TestOperands: short operands panic with a message and touch nothing.
func TestOperands(t *testing.T) {
	s := Shape{16, 4, 4}
	full, short := Alloc(s.Len()), Alloc(s.Len()-1)
	conv := NewConv(16, 16, make([]float32, 16*16*9), nil, PadZero, Float32)
	image := NewImageConv(3, 16, 3, make([]float32, 16*3*9), nil, PadZero)
	for name, f := range map[string]func(){
		"forward y": func() { conv.Forward(1, short, full, 4, 4, true, nil) },
		"forward x": func() { conv.Forward(1, full, short, 4, 4, true, nil) },
		"mask":      func() { conv.Backward(1, full, full, make([]uint16, s.Bits()-1), 4, 4) },
		"bits":      func() { conv.Forward(1, full, full, 4, 4, true, make([]uint16, s.Bits()-1)) },
		"image":     func() { image.Forward(1, full, short[:47], 4, 4, true, nil) },
		"gram":      func() { Gram(1, Float32, full[:255], full, s) },
		"pool":      func() { Pool(1, PoolMax, 1, full[:9*16-1], full, s) },
		"negative":  func() { ReLU(1, full, full, Shape{16, -1, 4}) },
		"distance":  func() { Distance(1, full, short) },
		"filters":   func() { NewConv(16, 16, make([]float32, 16*16*9-1), nil, PadZero, Float32) },
	} {
		func() {
			defer func() {
				if m, ok := recover().(string); !ok || len(m) < 8 || m[:8] != "kernel: " {
					t.Errorf("%s: recovered %q, want a message of this package", name, m)
				}
			}()
			f()
		}()
	}
	// Nothing to do is not an error.
	conv.Forward(2, full, full, 0, 4, true, nil)
	conv.Backward(2, full, full, nil, 4, 0)
	image.Forward(2, full, nil, 4, 0, true, nil)
	image.Backward(2, nil, full, nil, 0, 4)
	Gram(1, Float32, full, full, Shape{16, 0, 3})
	GramBackward(1, Float32, full, full, full, Shape{16, 3, 0})
	Pool(1, PoolMax, 1, full, full, Shape{16, 1, 1})
	Downsample(1, nil, nil, 3, 0, 0, PadReplicate)
	DownsampleBackward(1, nil, nil, 3, 0, 0, PadReplicate)
	Variation(1, VariationPower, 1, 1, nil, 3, 0, 0)
	Mean(1, full, full, Shape{16, 0, 0})
}
