package nst

import (
	"errors"
	"math"
	"math/rand/v2"
)

// ErrStart is wrapped by every error about a start's own fields.
var ErrStart = errors.New("nst: wrong start")

// Start makes the image that an optimisation begins with. Begin returns a new
// image of exactly width x height that the caller may change; the same start
// gives the same image each time, to the bit.
//
// The starts of this package also have Validate() error, which finds wrong
// fields without making an image.
type Start interface {
	Begin(width, height int) (*Image, error)
}

// SizedStart is a Start that is made from an image of a known size. It decides the
// size of a result for which neither the transfer nor a ContentLoss does.
type SizedStart interface {
	Start
	Size() (width, height int) // 0, 0 where it is not known
}

var (
	_ SizedStart = fromImage{}
	_ Start      = Noise{}
	_ Start      = File{}
	_ SizedStart = Blend{}
)

// FromImage starts from an image that is there already, most often the content:
// a copy of it, stretched to the asked size with CatmullRom if it has another.
func FromImage(img *Image) Start { return fromImage{img} }

type fromImage struct{ img *Image }

func (f fromImage) Validate() error {
	if err := f.img.Validate(); err != nil {
		return errorf("%w: from an image: %w", ErrStart, err)
	}
	return nil
}

func (f fromImage) Size() (width, height int) {
	if f.img == nil {
		return 0, 0
	}
	return f.img.Width, f.img.Height
}

func (f fromImage) Begin(width, height int) (*Image, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	return f.img.Resize(width, height, CatmullRom)
}

// Noise starts from independent Gaussian noise on every value. Values may leave
// [0,1], as in the published programs; Image.Clamp cuts them.
//
// The numbers come from Seed alone, plane after plane and row after row, so
// another size gives other noise, not a part of the same.
type Noise struct {
	Seed uint64
	// Scale is the standard deviation, where white is 1: published values on
	// 0..255 are to be divided by 255. 0 is 0.25; at most 1.
	Scale float64
	// Mean is the colour around which the noise lies, in [0,1]: one grey value,
	// or red, green and blue. Empty is 0.5.
	Mean []float64
}

// noiseStream is the second half of the generator's state: any constant does,
// so that noise is not the stream of another use of the same seed.
const noiseStream = 0x6e6f697365 // "noise"

func (n Noise) Validate() error {
	if !(n.Scale >= 0 && n.Scale <= 1) {
		return errorf("%w: noise: Scale is %v; it must be in [0,1], where white is 1 (divide values on 0..255 by 255), and 0 means 0.25", ErrStart, n.Scale)
	}
	if k := len(n.Mean); k != 0 && k != 1 && k != 3 {
		return errorf("%w: noise: Mean has %d values; give one (grey), three (red, green, blue), or none for 0.5", ErrStart, k)
	}
	for _, v := range n.Mean {
		if !(v >= 0 && v <= 1) {
			return errorf("%w: noise: Mean is %v; it must be in [0,1], where white is 1 (divide values on 0..255 by 255)", ErrStart, n.Mean)
		}
	}
	return nil
}

func (n Noise) Begin(width, height int) (*Image, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	if err := checkStartSize(width, height); err != nil {
		return nil, err
	}
	scale := n.Scale
	if scale == 0 {
		scale = 0.25
	}
	mean := [3]float64{0.5, 0.5, 0.5}
	switch len(n.Mean) {
	case 1:
		mean = [3]float64{n.Mean[0], n.Mean[0], n.Mean[0]}
	case 3:
		mean = [3]float64(n.Mean)
	}
	random := rand.New(rand.NewPCG(n.Seed, noiseStream))
	m := NewImage(width, height)
	plane := width * height
	for i := range m.Pix {
		// The conversion keeps the product from being fused with the sum,
		// which would round differently on other processors.
		m.Pix[i] = float32(mean[i/plane] + float64(scale*random.NormFloat64()))
	}
	return m, nil
}

// File starts from a picture in a file, stretched to the asked size.
type File struct {
	Path          string
	Interpolation Interpolation // empty is CatmullRom
	MaxPixels     int           // most pixels of the file and of the size asked for; 0 is DefaultMaxPixels
}

// Validate does not look at the file: it may come into being until Begin.
func (f File) Validate() error {
	if f.Path == "" {
		return errorf("%w: file: Path is empty; name a PNG or JPEG file", ErrStart)
	}
	if err := (LoadOptions{Interpolation: f.Interpolation, MaxPixels: f.MaxPixels}).Validate(); err != nil {
		return errorf("%w: file: %w", ErrStart, err)
	}
	return nil
}

func (f File) Begin(width, height int) (*Image, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if width < 1 || height < 1 { // zero would mean "as it is" to the loader
		return nil, checkStartSize(width, height)
	}
	return LoadWith(f.Path, LoadOptions{Width: width, Height: height, Interpolation: f.Interpolation, MaxPixels: f.MaxPixels})
}

// Blend starts from a mixture, value by value: (1-Ratio) x A + Ratio x B. The
// noisy content that several programs start from is
//
//	Blend{A: FromImage(content), B: Noise{Seed: 1}, Ratio: 0.6}
type Blend struct {
	A, B  Start
	Ratio float64 // the share of B, in [0,1]; 0 is A alone
}

func (b Blend) Validate() error {
	if !(b.Ratio >= 0 && b.Ratio <= 1) {
		return errorf("%w: blend: Ratio is %v; it is the share of B and must be in [0,1]", ErrStart, b.Ratio)
	}
	for _, part := range []struct {
		name  string
		start Start
	}{{"A", b.A}, {"B", b.B}} {
		if part.start == nil {
			return errorf("%w: blend: %s is missing; give two starts to blend", ErrStart, part.name)
		}
		if err := validate(part.start); err != nil {
			return errorf("blend, %s: %w", part.name, err)
		}
	}
	return nil
}

// Size is that of A, or of B where A has none.
func (b Blend) Size() (width, height int) {
	for _, part := range []Start{b.A, b.B} {
		if s, ok := part.(SizedStart); ok {
			if width, height = s.Size(); width > 0 {
				break
			}
		}
	}
	return width, height
}

func (b Blend) Begin(width, height int) (*Image, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	first, err := beginPart("blend, A", b.A, width, height)
	if err != nil {
		return nil, err
	}
	second, err := beginPart("blend, B", b.B, width, height)
	if err != nil {
		return nil, err
	}
	for i, v := range first.Pix {
		first.Pix[i] = float32(float64((1-b.Ratio)*float64(v)) + float64(b.Ratio*float64(second.Pix[i])))
	}
	return first, nil
}

// beginPart checks what a start of the caller's own may get wrong.
func beginPart(name string, s Start, width, height int) (*Image, error) {
	m, err := s.Begin(width, height)
	if err != nil {
		return nil, errorf("%s: %w", name, err)
	}
	if err := m.Validate(); err != nil {
		return nil, errorf("%s: %w", name, err)
	}
	if m.Width != width || m.Height != height {
		return nil, errorf("%w: %s: made an image of %d x %d where %d x %d was asked for", ErrStart, name, m.Width, m.Height, width, height)
	}
	return m, nil
}

func checkStartSize(width, height int) error {
	if width < 1 || height < 1 || width > math.MaxInt32 || height > DefaultMaxPixels/width {
		return errorf("%w: a size of %d x %d was asked for; each side must be at least 1, and all pixels at most %d", ErrStart, width, height, DefaultMaxPixels)
	}
	return nil
}
