package nb

import (
	"errors"
	"math"

	"github.com/gonst/workbench/nst"
)

// Gradient evaluates a transfer's objective at an image: it returns the loss and its
// derivative with respect to every value of the image (an image with signed values). It
// does not change the transfer's start, optimiser and steps.
func Gradient(t nst.Transfer, at *nst.Image) (loss float64, gradient *nst.Image, err error) {
	p := &probe{}
	t.Start, t.Optimizer, t.Schedule = nst.FromImage(at), p, nst.Constant{Value: 1}
	t.Width, t.Height = at.Width, at.Height
	t.Steps, t.PixelRange, t.Project = 1, 0, false
	if _, err := t.Run(Context()); err != nil && !errors.Is(err, errProbed) {
		return 0, nil, err
	}
	return p.loss, &nst.Image{Width: at.Width, Height: at.Height, Pix: p.gradient}, nil
}

// probe is an optimiser that records the gradient and moves nothing.
type probe struct {
	loss     float64
	gradient []float32
}

var _ nst.Optimizer = (*probe)(nil)

var errProbed = errors.New("nb: evaluated")

func (p *probe) Init(n int) { p.gradient = make([]float32, n) }

func (p *probe) Step(f nst.Func, x []float32, _ float64) (nst.Evaluation, error) {
	e, err := f(x, p.gradient)
	if err != nil {
		return e, err
	}
	p.loss = e.Loss
	return e, errProbed
}

// Signed makes signed values visible: grey is zero, brighter is positive and darker is
// negative, up to three times the root mean square.
func Signed(m *nst.Image) *nst.Image {
	if m.Validate() != nil {
		return m
	}
	square := 0.0
	for _, v := range m.Pix {
		square += float64(v) * float64(v) / float64(len(m.Pix))
	}
	scale := 6 * math.Sqrt(square)
	s := nst.NewImage(m.Width, m.Height)
	for i, v := range m.Pix {
		s.Pix[i] = 0.5
		if scale > 0 {
			s.Pix[i] = float32(math.Min(1, math.Max(0, 0.5+float64(v)/scale)))
		}
	}
	return s
}
