package report

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
)

// Ticks of scales. The page's script, which can zoom, has the same rules in scale.js;
// TestPageTicks compares both.

// plotTicks is the approximate number of ticks of a plot's axis.
const plotTicks = 10

// ticker adapts ticks to plots.
func ticker(ticks func(low, high, n float64) []plot.Tick) plot.Ticker {
	return plot.TickerFunc(func(low, high float64) []plot.Tick { return ticks(low, high, plotTicks) })
}

// linearTicks returns at most n multiples of a round number.
func linearTicks(low, high, n float64) []plot.Tick {
	raw := (high - low) / max(1, n)
	if raw == 0 {
		raw = 1
	}
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, m := range []float64{5, 2, 1} {
		if m*power >= raw*.999 {
			step = m * power
		}
	}
	const most = 40
	var ticks []plot.Tick
	for i := math.Ceil(low/step - 1e-9); i*step <= high+1e-9*step && len(ticks) < most; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: short(rounded(i*step, 12))})
	}
	return ticks
}

// logTicks labels the powers of ten and, if there are few, 2 and 5 times them.
func logTicks(low, high, n float64) []plot.Tick {
	from, to := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	decades := math.Log10(high / low)
	every := max(1, math.Ceil((to-from)/max(2, n)))
	var ticks []plot.Tick
	for e := from; e <= to; e++ {
		for m := 1.; m < 10; m++ {
			v := m * math.Pow(10, e)
			if v < low*(1-1e-9) || v > high*(1+1e-9) {
				continue
			}
			few := decades < 2.5 && (m == 2 || m == 5) || decades < .8
			if m == 1 && math.Mod(e-from, every) == 0 || few {
				ticks = append(ticks, plot.Tick{Value: v, Label: short(rounded(v, 3))})
			} else if decades < 6 {
				ticks = append(ticks, plot.Tick{Value: v})
			}
		}
	}
	if labelled := slices.DeleteFunc(slices.Clone(ticks), plot.Tick.IsMinor); len(labelled) < 2 {
		return linearTicks(low, high, n) // the range is too narrow to contain powers of ten
	}
	return ticks
}

// rounded returns v with a number of significant digits.
func rounded(v float64, digits int) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', digits-1, 64), 64)
	return v
}
