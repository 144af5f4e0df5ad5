package nst

import (
	"fmt"
	"math"
)

// Mask says how much each part of an image counts. Weights holds Width*Height numbers
// row by row; each is 0 or more, and at least one is above 0. Only their ratios matter.
//
// At each layer the mask is resized to the size of the feature maps: a position gets
// the mean of the weights over the area that it covers. The results are scaled so that
// their mean is 1: a part of an image counts as much as a whole image.
type Mask struct {
	Width, Height int
	Weights       []float32
}

// NewMask returns a mask of zeros.
func NewMask(width, height int) *Mask {
	return &Mask{Width: width, Height: height, Weights: make([]float32, width*height)}
}

// Mask converts the image to a mask: the weight is the mean of red, green and blue,
// clamped to [0,1]. White is 1 and black is 0.
func (m *Image) Mask() *Mask {
	mask := NewMask(m.Width, m.Height)
	plane := m.Width * m.Height
	for i := range mask.Weights {
		mean := (m.Pix[i] + m.Pix[plane+i] + m.Pix[2*plane+i]) / 3
		mask.Weights[i] = min(max(mean, 0), 1)
	}
	return mask
}

// Validate returns an error if the number of weights does not match the size, or if the
// weights are negative, not finite or all 0. A nil mask is valid.
func (m *Mask) Validate() error {
	if m == nil {
		return nil
	}
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
