package nst

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Colours that a file states by numbers, not by an ICC profile.

// primaries are the chromaticities x and y of white, red, green and blue.
type primaries [4][2]float64

var (
	primaries709  = primaries{{0.3127, 0.3290}, {0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}}
	primaries2020 = primaries{{0.3127, 0.3290}, {0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}}
	primariesP3   = primaries{{0.3127, 0.3290}, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}}
)

// codedColours follows a cICP chunk: the primaries and the curve by their numbers in ITU-T
// H.273. It knows the sRGB curve and linear light, with the primaries of sRGB, BT.2020 and
// Display P3.
func codedColours(b []byte) (toSRGB, error) {
	if len(b) != 4 {
		return nil, fmt.Errorf("a cICP chunk of %d bytes", len(b))
	}
	p, ok := map[byte]primaries{1: primaries709, 9: primaries2020, 12: primariesP3}[b[0]]
	decode, known := map[byte]func(float64) float64{8: linear, 13: srgbDecode}[b[1]]
	if !ok || !known || b[2] != 0 || b[3] != 1 {
		return nil, fmt.Errorf("the cICP chunk states colours %d with curve %d, matrix %d, range %d; what can be read is colours 1, 9 or 12 with curve 8 or 13, matrix 0, range 1", b[0], b[1], b[2], b[3])
	}
	if b[0] == 1 && b[1] == 13 {
		return nil, nil
	}
	return fromPrimaries(p, decode)
}

// gammaColours follows the chunks gAMA and cHRM; each may be nil. cHRM alone states nothing
// about the curve and is ignored, as in browsers. A gamma within 5 % of 1/2.2 is taken for
// the sRGB curve, and chromaticities within 0.01 of sRGB's for sRGB, as libpng does:
// programs write these roundings for sRGB.
func gammaColours(gamma, chroma []byte) (toSRGB, error) {
	if gamma == nil {
		return nil, nil
	}
	if len(gamma) != 4 || chroma != nil && len(chroma) != 32 {
		return nil, fmt.Errorf("a gAMA chunk of %d bytes with a cHRM chunk of %d bytes", len(gamma), len(chroma))
	}
	exponent := float64(binary.BigEndian.Uint32(gamma)) / 100000
	if exponent == 0 {
		return nil, fmt.Errorf("a gAMA chunk with gamma 0")
	}
	p, same := primaries709, true
	if chroma != nil {
		for i := range 8 {
			v := float64(binary.BigEndian.Uint32(chroma[4*i:])) / 100000
			same = same && math.Abs(v-primaries709[i/2][i%2]) <= 0.01
			p[i/2][i%2] = v
		}
	}
	if same {
		if math.Abs(exponent*2.2-1) < 0.05 {
			return nil, nil
		}
		p = primaries709
	}
	return fromPrimaries(p, func(v float64) float64 { return math.Pow(v, 1/exponent) })
}

func linear(v float64) float64 { return v }

// srgbDecode and srgbEncode are the curve of IEC 61966-2-1, from and to stored values.
func srgbDecode(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func srgbEncode(v float64) float64 {
	if v <= 0.0031308 {
		return 12.92 * v
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

// fromPrimaries returns the conversion of colours with these primaries, whose stored values
// decode makes linear. White becomes white: a white point that is not sRGB's is adapted by
// Bradford's matrix, as in ICC.1:2022, annex E.
func fromPrimaries(p primaries, decode func(float64) float64) (toSRGB, error) {
	from, ok := p.toXYZ()
	to, _ := primaries709.toXYZ()
	back, _ := to.inverse()
	white, whiteOK := xyz(p[0])
	if !ok || !whiteOK {
		return nil, fmt.Errorf("the chromaticities %v span no colours", p)
	}
	target, _ := xyz(primaries709[0])
	bradford := matrix3{{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}
	unbradford, _ := bradford.inverse()
	seen, wanted := bradford.apply(white), bradford.apply(target)
	var scale matrix3
	for i := range 3 {
		scale[i][i] = wanted[i] / seen[i]
	}
	m := back.times(unbradford).times(scale).times(bradford).times(from)
	for _, row := range m {
		for _, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("the chromaticities %v span no colours", p)
			}
		}
	}
	return func(c [4]float64) (r, g, b float64) {
		l := m.apply([3]float64{decode(c[0]), decode(c[1]), decode(c[2])})
		return srgbEncode(l[0]), srgbEncode(l[1]), srgbEncode(l[2])
	}, nil
}

// xyz is the colour of a chromaticity with Y 1.
func xyz(c [2]float64) (v [3]float64, ok bool) {
	return [3]float64{c[0] / c[1], 1, (1 - c[0] - c[1]) / c[1]}, c[1] > 0
}

// toXYZ is the matrix from linear RGB to XYZ in which white has Y 1.
func (p primaries) toXYZ() (matrix3, bool) {
	var columns matrix3
	valid := true
	for c := range 3 {
		v, ok := xyz(p[c+1])
		valid = valid && ok
		for r := range 3 {
			columns[r][c] = v[r]
		}
	}
	inverse, ok := columns.inverse()
	white, whiteOK := xyz(p[0])
	sums := inverse.apply(white)
	for r := range 3 {
		for c := range 3 {
			columns[r][c] *= sums[c]
		}
	}
	return columns, valid && ok && whiteOK
}
