package nst

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// Matched returns the image with its colours matched to those of another image of any
// size, by MatchHistogram or MatchMeanCovariance. Values are clamped to [0,1], before and
// after. An empty space is RGB.
func (m *Image) Matched(reference *Image, by Colours, space ColourSpace) (*Image, error) {
	match, err := keptColours.of("colours", by)
	if err == nil && match == nil {
		err = errorf("colours %q cannot be matched: choose %s or %s", string(by), MatchHistogram, MatchMeanCovariance)
	}
	if err != nil {
		return nil, err
	}
	t, err := colourSpaces.of("colour space", cmp.Or(space, RGB))
	if err != nil {
		return nil, err
	}
	if err := cmp.Or(m.Validate(), reference.Validate()); err != nil {
		return nil, err
	}
	own := m.coordinates(t)
	match(own, reference.coordinates(t))
	return m.eachColour(func(_ triple, i int) triple { return t.to(own[i]) })
}

func (m *Image) coordinates(t colourTransform) []triple {
	all := make([]triple, m.Width*m.Height)
	for i := range all {
		all[i] = t.from(m.colour(i))
	}
	return all
}

// luminanceLike returns the luminance with the mean and the deviation of another image's.
func (m *Image) luminanceLike(reference *Image, space ColourSpace) (*Image, error) {
	t, err := luminous(space)
	if err == nil {
		err = cmp.Or(m.Validate(), reference.Validate())
	}
	if err != nil {
		return nil, err
	}
	mean, dev := luminanceMoments(m.coordinates(t))
	aim, aimDev := luminanceMoments(reference.coordinates(t))
	factor := 0.0 // of one grey
	if dev > 0 {
		factor = aimDev / dev
	}
	return m.eachColour(func(c triple, _ int) triple { return t.to(triple{aim + factor*(t.from(c)[0]-mean)}) })
}

func luminanceMoments(all []triple) (mean, deviation float64) {
	for _, c := range all {
		mean += c[0] / float64(len(all))
	}
	for _, c := range all {
		deviation += (c[0] - mean) * (c[0] - mean) / float64(len(all))
	}
	return mean, math.Sqrt(deviation)
}

// matchHistograms gives each coordinate the reference's value at the same quantile, as
// scikit-image's match_histograms does: of values that occur several times, the largest
// rank counts, and values between two of the reference are interpolated.
func matchHistograms(colours, reference []triple) {
	for k := range 3 {
		values, at := ranked(reference, k)
		own, ranks := ranked(colours, k)
		aims := make([]float64, len(own))
		for i, q := range ranks {
			j := sort.SearchFloat64s(at, q)
			switch {
			case j == 0:
				aims[i] = values[0]
			case j == len(at):
				aims[i] = values[j-1]
			default:
				t := (q - at[j-1]) / (at[j] - at[j-1])
				aims[i] = values[j-1] + t*(values[j]-values[j-1])
			}
		}
		for i := range colours {
			j, _ := slices.BinarySearch(own, colours[i][k])
			colours[i][k] = aims[j]
		}
	}
}

// ranked returns the different values of a coordinate in ascending order, and the share of
// the pixels with at most this value.
func ranked(colours []triple, k int) (values, shares []float64) {
	all := make([]float64, len(colours))
	for i, c := range colours {
		all[i] = c[k]
	}
	slices.Sort(all)
	for i, v := range all {
		if i+1 == len(all) || v != all[i+1] {
			values, shares = append(values, v), append(shares, float64(i+1)/float64(len(all)))
		}
	}
	return values, shares
}

// matchMoments maps colours c to R^1/2 S^-1/2 (c - mu) + nu, with the covariances S of the
// colours and R of the reference, and their means mu and nu. Directions in which the
// colours do not vary stay without variation.
func matchMoments(colours, reference []triple) {
	mean, s := colourMoments(colours)
	aim, r := colourMoments(reference)
	inverse := func(v float64) float64 { return 1 / math.Sqrt(v) }
	a := r.function(math.Sqrt).times(s.function(inverse))
	for i, c := range colours {
		d := a.apply(triple{c[0] - mean[0], c[1] - mean[1], c[2] - mean[2]})
		colours[i] = triple{aim[0] + d[0], aim[1] + d[1], aim[2] + d[2]}
	}
}

// colourMoments returns the mean and the covariance of colours.
func colourMoments(all []triple) (mean triple, s matrix3) {
	n := float64(len(all))
	for _, c := range all {
		for k, v := range c {
			mean[k] += v / n
		}
	}
	for _, c := range all {
		for i := range 3 {
			for j := range 3 {
				s[i][j] += (c[i] - mean[i]) * (c[j] - mean[j]) / n
			}
		}
	}
	return mean, s
}
