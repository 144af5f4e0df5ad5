package nst

import (
	"fmt"
	"math"
)

// Mask says how much each part of an image counts: Weights, Width*Height numbers row
// by row, each 0 or more, not all 0. Only their ratios matter.
//
// At a layer, the mask is stretched over the feature maps, whatever its size, and each
// position has the mean over the area that it covers. These numbers are then scaled so
// that their mean is 1: a part of an image counts as if it were a whole image.
type Mask struct {
	Width, Height int
	Weights       []float32
}

// NewMask makes a mask of zeros.
func NewMask(width, height int) *Mask {
	return &Mask{Width: width, Height: height, Weights: make([]float32, width*height)}
}

// Mask is the image as a mask: white counts 1 and black 0, other colours by the mean of
// red, green and blue, cut to [0,1].
func (m *Image) Mask() *Mask {
	mask := NewMask(m.Width, m.Height)
	plane := m.Width * m.Height
	for i := range mask.Weights {
		mean := (m.Pix[i] + m.Pix[plane+i] + m.Pix[2*plane+i]) / 3
		mask.Weights[i] = min(max(mean, 0), 1)
	}
	return mask
}

// Validate tells whether the mask can be used.
func (m *Mask) Validate() error {
	if m.Width < 1 || m.Height < 1 || len(m.Weights) != m.Width*m.Height {
		return fmt.Errorf("nst: a mask of %d x %d with %d weights: %d are required, at least 1", m.Width, m.Height, len(m.Weights), m.Width*m.Height)
	}
	sum := 0.0
	for i, v := range m.Weights {
		if !(v >= 0) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("nst: a mask with weight %v at column %d, row %d: 0 or more is required", v, i%m.Width, i/m.Width)
		}
		sum += float64(v)
	}
	if sum == 0 {
		return fmt.Errorf("nst: a mask of %d x %d zeros: nothing would count", m.Width, m.Height)
	}
	return nil
}
