package report

import (
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// legend returns the names of the colours, and the width that they take.
func (f plotFile) legend(s *study) (plot.Legend, vg.Length) {
	l := plot.NewLegend()
	l.Top, l.Left = true, true
	l.TextStyle.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(8.5)}
	l.Padding, l.ThumbnailWidth = vg.Points(3), vg.Points(16)
	keys := plotKeys(s)
	if len(keys) == 0 {
		return l, 0
	}
	head := plain(f.meaning(s, len(keys)), 44)
	width := l.TextStyle.Width(head)
	l.Add(head)
	for _, k := range keys {
		label := plain(k.Label, 44)
		swatch := &plotter.Line{LineStyle: draw.LineStyle{Color: lineColour(k.Colour), Width: vg.Points(2)}}
		l.Add(label, swatch)
		width = max(width, l.TextStyle.Width(label))
	}
	return l, width + l.ThumbnailWidth + vg.Points(10)
}

// plotKeys returns the runs or, if there are too many, the meaning of their colours.
func plotKeys(s *study) []key {
	switch {
	case len(s.Runs) < 2:
		return nil
	case len(s.Runs) > maxKeys && len(s.Legend) > 0:
		return evenly(s.Legend, fewKeys(len(s.Legend)))
	}
	var keys []key // colours follow the order of the runs
	for _, r := range evenly(s.Runs, fewKeys(len(s.Runs))) {
		keys = append(keys, key{r.Label, r.Colour})
	}
	return keys
}

// fewKeys returns how many of n keys a legend shows: all, or some of a ramp of colours.
func fewKeys(n int) int {
	if n <= maxKeys {
		return n
	}
	return 9
}

// meaning returns the name of the setting whose values the legend lists.
func (f plotFile) meaning(s *study, keys int) string {
	if keys < len(s.Runs) && len(s.Varied) > 1 {
		hue, _ := s.colourAxes()
		return s.Varied[hue].Name()
	}
	var names []string
	for _, a := range s.Varied {
		names = append(names, a.Name())
	}
	if len(names) == 0 {
		return "run"
	}
	return strings.Join(names, " · ")
}
