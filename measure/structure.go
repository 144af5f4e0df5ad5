package measure

import (
	"cmp"
	"errors"
	"math"

	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// ErrSize means that two images have different sizes.
var ErrSize = errors.New("measure: images of different sizes")

func sameSize(a, b *nst.Image) error {
	if err := cmp.Or(a.Validate(), b.Validate()); err != nil {
		return prefix.Errorf("measure: ", "%w", err)
	}
	if a.Width != b.Width || a.Height != b.Height {
		return prefix.Errorf("measure: ", "%w: %d x %d and %d x %d pixels: Resize one of them", ErrSize, a.Width, a.Height, b.Width, b.Height)
	}
	return nil
}

// SSIM is the mean structural similarity of two images of one size, on their
// luma: Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error
// visibility to structural similarity", IEEE Transactions on Image Processing
// 13(4), 2004, equation 13 and section III-C: an 11 x 11 Gaussian window of
// deviation 1.5, K1 = 0.01, K2 = 0.03, the mean over all places where the window
// fits. 1 = equal images, 0 = nothing in common, below 0 = opposite; NaN if a side is
// shorter than the window. Both images are taken as Seen.
func SSIM(a, b *nst.Image) (float64, error) {
	if err := sameSize(a, b); err != nil {
		return 0, err
	}
	if min(a.Width, a.Height) < ssimWindow {
		return math.NaN(), nil
	}
	a, b = Seen(a), Seen(b)
	const c1, c2 = 0.01 * 0.01, 0.03 * 0.03 // (K L)^2 with white L = 1
	x, y := luma(a), luma(b)
	product := func(p, q plane) plane {
		r := newPlane(p.w, p.h)
		for i := range r.v {
			r.v[i] = p.v[i] * q.v[i]
		}
		return r
	}
	mx, my := gaussian(x), gaussian(y)
	xx, yy, xy := gaussian(product(x, x)), gaussian(product(y, y)), gaussian(product(x, y))
	sum := 0.0
	for i := range mx.v {
		m2x, m2y, mxy := mx.v[i]*mx.v[i], my.v[i]*my.v[i], mx.v[i]*my.v[i]
		sum += (2*mxy + c1) * (2*(xy.v[i]-mxy) + c2) / ((m2x + m2y + c1) * ((xx.v[i] - m2x) + (yy.v[i] - m2y) + c2))
	}
	return sum / float64(len(mx.v)), nil
}

const ssimWindow = 11

// gaussian filters the plane with SSIM's window, where that fits.
func gaussian(p plane) plane {
	var taps [ssimWindow]float64
	sum := 0.0
	for i := range taps {
		d := float64(i - ssimWindow/2)
		taps[i] = math.Exp(-d * d / (2 * 1.5 * 1.5))
		sum += taps[i]
	}
	for i := range taps {
		taps[i] /= sum
	}
	rows := newPlane(p.w-ssimWindow+1, p.h)
	for y := range rows.h {
		for x := range rows.w {
			s := 0.0
			for k, t := range taps {
				s += t * p.v[y*p.w+x+k]
			}
			rows.v[y*rows.w+x] = s
		}
	}
	out := newPlane(rows.w, p.h-ssimWindow+1)
	for y := range out.h {
		for x := range out.w {
			s := 0.0
			for k, t := range taps {
				s += t * rows.v[(y+k)*rows.w+x]
			}
			out.v[y*out.w+x] = s
		}
	}
	return out
}

// GradientCorrelation measures whether edges kept their places: the mean of the
// correlations of the horizontal and of the vertical Sobel derivatives of the
// luma, where the 3 x 3 window fits. Penney, Weese, Little, Desmedt, Hill and
// Hawkes, "A comparison of similarity measures for use in 2-D-3-D medical image
// registration", IEEE Transactions on Medical Imaging 17(4), 1998
// ("gradient correlation"). Range -1 to 1, independent of affine changes of
// brightness; NaN if an image has no edges. Both images are taken as Seen.
func GradientCorrelation(a, b *nst.Image) (float64, error) {
	if err := sameSize(a, b); err != nil {
		return 0, err
	}
	ax, ay := sobel(luma(Seen(a)))
	bx, by := sobel(luma(Seen(b)))
	return (correlation(ax, bx) + correlation(ay, by)) / 2, nil
}

// sobel returns the derivatives along x and y in the interior.
func sobel(p plane) (dx, dy []float64) {
	for y := 1; y < p.h-1; y++ {
		for x := 1; x < p.w-1; x++ {
			nw, n, ne := p.at(x-1, y-1), p.at(x, y-1), p.at(x+1, y-1)
			w, e := p.at(x-1, y), p.at(x+1, y)
			sw, s, se := p.at(x-1, y+1), p.at(x, y+1), p.at(x+1, y+1)
			dx = append(dx, ne+2*e+se-nw-2*w-sw)
			dy = append(dy, sw+2*s+se-nw-2*n-ne)
		}
	}
	return dx, dy
}

// Structure compares edges and shapes with the content image, which is resized
// to the picture if their sizes differ.
func Structure(picture, content *nst.Image) (List, error) {
	content, err := content.Resize(picture.Width, picture.Height, "")
	if err != nil {
		return nil, prefix.Errorf("measure: ", "structure: %w", err)
	}
	ssim, err := SSIM(picture, content)
	if err != nil {
		return nil, err
	}
	gradient, err := GradientCorrelation(picture, content)
	if err != nil {
		return nil, err
	}
	return List{
		plain("ssim", "", ssim, "similarity, at most 1", GroupStructure, Higher),
		plain("gradient_correlation", "", gradient, "correlation, -1 to 1", GroupStructure, Higher),
	}, nil
}
