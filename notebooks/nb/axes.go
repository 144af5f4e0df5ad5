package nb

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
)

// ticks are gonum's, with labels without trailing zeros.
func ticks(low, high float64) []plot.Tick {
	all := plot.DefaultTicks{}.Ticks(low, high)
	for i, t := range all {
		if t.Label != "" {
			all[i].Label = strconv.FormatFloat(t.Value, 'g', 6, 64)
		}
	}
	return all
}

// logTicks are gonum's for a logarithmic axis. If fewer than two of them have a label, because
// the range is too narrow for two powers of ten, all of them get one; or if there are fewer than
// two, those of a linear axis.
func logTicks(low, high float64) []plot.Tick {
	all := plot.LogTicks{Prec: -1}.Ticks(low, high)
	all = slices.DeleteFunc(all, func(t plot.Tick) bool { return t.Value < low || t.Value > high })
	labelled := slices.DeleteFunc(slices.Clone(all), plot.Tick.IsMinor)
	switch {
	case len(labelled) >= 2:
		return all
	case len(all) < 2:
		return ticks(low, high)
	}
	for i := range all {
		all[i].Label = strconv.FormatFloat(all[i].Value, 'g', 3, 64)
	}
	return all
}

// sans sets text without serifs.
func sans(styles ...*text.Style) {
	for _, s := range styles {
		s.Font.Variant = "Sans"
	}
}

// keepLogarithmic reports whether curves can be drawn on a logarithmic axis, and
// removes the values that such an axis cannot show.
func keepLogarithmic(curves []curve) bool {
	largest := 0.0
	for _, k := range curves {
		for _, xy := range k.points {
			if xy.Y < 0 {
				return false
			}
			largest = math.Max(largest, xy.Y)
		}
	}
	if largest == 0 {
		return false
	}
	for i := range curves {
		curves[i].points = slices.DeleteFunc(curves[i].points, func(xy plotter.XY) bool { return xy.Y <= largest/1e6 })
	}
	return true
}
