package nst

import "math"

// resizeSampled is Sampled in the arithmetic of tf.image.resize: the coordinates and the
// interpolation are float32, without 16-bit levels in between. A transfer that starts
// from the picture is sensitive to its last bits: a start that is off by half of a
// 16-bit level changes the loss of the fifth step by 0.1 %.
func resizeSampled(out, m *Image) {
	columns, rows := samplesOf(out.Width, m.Width), samplesOf(out.Height, m.Height)
	for c := range 3 {
		from := m.Pix[c*m.Width*m.Height:]
		to := out.Pix[c*out.Width*out.Height:]
		for y, r := range rows {
			above, below := from[r.low*m.Width:], from[r.high*m.Width:]
			for x, s := range columns {
				top := mix(unit(above[s.low]), unit(above[s.high]), s.share)
				bottom := mix(unit(below[s.low]), unit(below[s.high]), s.share)
				to[y*out.Width+x] = mix(top, bottom, r.share)
			}
		}
	}
}

// A sample is a position between two pixels.
type sample struct {
	low, high int
	share     float32 // of high
}

// samplesOf returns the positions of the middles of new pixels among old ones.
func samplesOf(size, old int) []sample {
	scale := float32(old) / float32(size)
	all := make([]sample, size)
	for i := range all {
		at := float32((float32(i)+0.5)*scale) - 0.5
		low := float32(math.Floor(float64(at)))
		all[i] = sample{max(int(low), 0), min(int(math.Ceil(float64(at))), old-1), at - low}
	}
	return all
}

// mix returns a, b or a value between them. The conversions prevent fused operations,
// which round differently.
func mix(a, b, share float32) float32 { return a + float32(float32(b-a)*share) }
