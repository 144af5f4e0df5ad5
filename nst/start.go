package nst

import (
	"errors"
	"math"
	"math/rand/v2"
)

// ErrStart is wrapped by every error about a start's fields.
var ErrStart = errors.New("nst: wrong start")

// Start makes the first image of an optimisation. Begin returns a new image of exactly
// width x height pixels, which the caller may change. The same start always gives the
// same image, bit for bit.
//
// The starts of this package also have a method Validate() error, which checks their
// fields without making an image.
type Start interface {
	Begin(width, height int) (*Image, error)
}

// SizedStart is a Start with a size. If neither the transfer nor a ContentLoss sets the
// size of the result, SizedStart does.
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

// FromImage starts from a copy of an image, usually the content image. If the size
// differs, the copy is resized with CatmullRom; the proportions may change.
func FromImage(img *Image) Start { return fromImage{img} }

type fromImage struct{ img *Image }

// Validate implements Validator.
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

// Noise starts from independent Gaussian noise in every value. Values may be outside
// [0,1], as in the published programs; Image.Clamp clamps them.
//
// The noise depends only on the fields and the size. It is drawn plane by plane and row by
// row, so that another size gives different noise, not a part of the same.
type Noise struct {
	Seed uint64
	// Scale is the standard deviation, with white = 1, at most 1; 0: 0.25. Divide
	// published values for the range 0 to 255 by 255.
	Scale float64
	// Mean is the mean colour of the noise, in [0,1]: one grey value, or red, green and
	// blue. Empty: 0.5.
	Mean []float64
}

// noiseStream is the second half of the generator's state. It separates the noise from
// other uses of the same seed.
const noiseStream = 0x6e6f697365 // "noise"

// Validate implements Validator. Errors wrap ErrStart.
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

// Begin implements Start. The error wraps ErrStart if a field or the size is wrong.
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
		// The conversion prevents a fused multiply-add, which rounds differently on
		// other processors.
		m.Pix[i] = float32(mean[i/plane] + float64(scale*random.NormFloat64()))
	}
	return m, nil
}

// File starts from an image file, resized to the size of the result.
type File struct {
	Path          string
	Interpolation Interpolation // empty: CatmullRom
	MaxPixels     int           // largest number of pixels of the file and of the result; 0: DefaultMaxPixels
}

// Validate implements Validator. Errors wrap ErrStart. It does not check that the file
// exists, because it may be created later.
func (f File) Validate() error {
	if f.Path == "" {
		return errorf("%w: file: Path is empty; name a PNG, JPEG, WebP or TIFF file", ErrStart)
	}
	if err := (LoadOptions{Interpolation: f.Interpolation, MaxPixels: f.MaxPixels}).Validate(); err != nil {
		return errorf("%w: file: %w", ErrStart, err)
	}
	return nil
}

// Begin implements Start. The error wraps ErrStart if a field or the size is wrong, and is
// an *ImageError if the file cannot be read.
func (f File) Begin(width, height int) (*Image, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if width < 1 || height < 1 { // the loader takes 0 as the file's own size
		return nil, checkStartSize(width, height)
	}
	return LoadWith(f.Path, LoadOptions{Width: width, Height: height, Interpolation: f.Interpolation, MaxPixels: f.MaxPixels})
}

// Blend starts from the mixture (1-Ratio) x A + Ratio x B of two starts, value by value.
// Several programs start from noisy content:
//
//	Blend{A: FromImage(content), B: Noise{Seed: 1}, Ratio: 0.6}
type Blend struct {
	A, B  Start
	Ratio float64 // the share of B, in [0,1]; 0: only A
}

// Validate implements Validator. It also validates A and B. Errors wrap ErrStart.
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

// Size returns the size of A, or of B if A has none.
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

// Begin implements Start. The error wraps ErrStart if a field or the size is wrong, or is
// that of A or B.
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

// beginPart checks the image of a start that a user may have written.
func beginPart(name string, s Start, width, height int) (*Image, error) {
	m, err := s.Begin(width, height)
	if err != nil {
		return nil, errorf("%s: %w", name, err)
	}
	if err := m.Validate(); err != nil {
		return nil, errorf("%s: %w", name, err)
	}
	if m.Width != width || m.Height != height {
		return nil, errorf("%w: %s: made an image of %d x %d: must be %d x %d", ErrStart, name, m.Width, m.Height, width, height)
	}
	return m, nil
}

func checkStartSize(width, height int) error {
	if width < 1 || height < 1 || width > math.MaxInt32 || height > DefaultMaxPixels/width {
		return errorf("%w: a size of %d x %d: each side must be at least 1, and the number of pixels at most %d", ErrStart, width, height, DefaultMaxPixels)
	}
	return nil
}
