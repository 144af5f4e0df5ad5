package nb

import (
	"testing"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/gonst/workbench/nst"
)

// A legend covers no curve: it has the first free corner, or a place beside the plot.
func TestLegendKeepsClear(t *testing.T) {
	falling, rising := []float64{9, 5, 3, 2, 1, 1, 1, 1}, []float64{1, 2, 3, 4, 5, 6, 8, 9}
	peak, valley := []float64{1, 1, 1, 9, 9, 9, 9, 9}, []float64{9, 9, 9, 9, 1, 1, 1, 9}
	for name, c := range map[string]struct {
		curves [][]float64
		want   string
	}{
		"falling":         {[][]float64{falling}, "top right"},
		"rising":          {[][]float64{rising}, "top left"},
		"to the top":      {[][]float64{peak, {9, 9, 9, 9, 9, 9, 9, 9}}, "bottom right"},
		"in every corner": {[][]float64{falling, rising, valley}, "beside"},
	} {
		curves := Curves{Linear: true}
		for i, values := range c.curves {
			r := Run{Name: string(rune('a' + i))}
			for step, v := range values {
				r.Trace = append(r.Trace, nst.Record{Step: step, Total: v})
			}
			curves.Runs = append(curves.Runs, r)
		}
		p, drawn, err := curves.plot()
		if err != nil {
			t.Fatal(err)
		}
		whole := draw.New(vgimg.New(vg.Points(400), vg.Points(240)))
		rest := placeLegend(p, drawn, whole)
		got := "beside"
		if rest.Max.X == whole.Max.X {
			got = map[bool]string{true: "top ", false: "bottom "}[p.Legend.Top] + map[bool]string{true: "left", false: "right"}[p.Legend.Left]
		}
		if got != c.want {
			t.Errorf("%s: the legend is %s, want %s", name, got, c.want)
		}
	}
}

// A curve of one point is a curve, too.
func TestLegendOfOnePoint(t *testing.T) {
	p, drawn, err := Curves{Runs: []Run{{"a", []nst.Record{{Step: 3, Total: 2}}}}}.plot()
	if err != nil {
		t.Fatal(err)
	}
	area := draw.New(vgimg.New(vg.Points(400), vg.Points(240)))
	if !crosses(p, drawn, area, area) || crosses(p, []curve{{points: plotter.XYs{}}}, area, area) {
		t.Error("one point is not in the area that it is drawn in, or a curve without points is")
	}
}
