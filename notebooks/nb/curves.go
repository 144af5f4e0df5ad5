package nb

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/notebooks/internal/host"
	"github.com/gonst/workbench/nst"
)

// Axis selects the horizontal axis of curves.
type Axis string

const (
	Steps       Axis = "steps" // the default
	Evaluations Axis = "evaluations"
	Seconds     Axis = "seconds"
)

// Total is the name of the weighted sum of all terms.
const Total = "total"

// Run holds a run's records under a name.
type Run struct {
	Name  string
	Trace []nst.Record
}

// Curves are loss curves: the terms of one run, or several runs for comparison.
type Curves struct {
	Title string
	Runs  []Run
	Over  Axis
	// Terms are the terms that are drawn, each multiplied by its weight, as in the
	// total. Total draws the total; it is the default.
	Terms []string
	// Linear draws values on a linear axis. By default the axis is logarithmic, unless
	// some values are negative. A logarithmic axis omits values of at most a millionth
	// of the largest, for example those of a content loss that starts at zero.
	Linear        bool
	Width, Height int // in pixels; default 560 x 320
}

// palette is Okabe and Ito's. Most people with colour blindness can distinguish its
// colours.
var palette = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 255}, color.RGBA{0xd5, 0x5e, 0x00, 255}, color.RGBA{0x00, 0x9e, 0x73, 255},
	color.RGBA{0xcc, 0x79, 0xa7, 255}, color.RGBA{0xe6, 0x9f, 0x00, 255}, color.RGBA{0x56, 0xb4, 0xe9, 255},
	color.RGBA{0x55, 0x55, 0x55, 255},
}

// curve is one line.
type curve struct {
	name   string
	points plotter.XYs
}

func (c Curves) curves() []curve {
	terms := c.Terms
	if len(terms) == 0 {
		terms = []string{Total}
	}
	var all []curve
	for _, r := range c.Runs {
		for _, term := range terms {
			name := r.Name
			if len(terms) > 1 || name == "" {
				name = strings.TrimSpace(name + " " + term)
			}
			k := curve{name: name}
			for _, record := range r.Trace {
				if y, ok := value(record, term); ok {
					k.points = append(k.points, plotter.XY{X: c.over(record), Y: y})
				}
			}
			all = append(all, k)
		}
	}
	return all
}

func (c Curves) over(r nst.Record) float64 {
	switch c.Over {
	case Evaluations:
		return float64(r.Evaluations)
	case Seconds:
		return r.Seconds
	}
	return float64(r.Step)
}

// value returns a term's part of the total.
func value(r nst.Record, term string) (float64, bool) {
	if term == Total {
		return r.Total, !math.IsNaN(r.Total) && !math.IsInf(r.Total, 0)
	}
	for _, t := range r.Terms {
		if t.Name == term {
			v := t.Weight * t.Value
			return v, !math.IsNaN(v) && !math.IsInf(v, 0)
		}
	}
	return 0, false
}

func (c Curves) size() (width, height int) {
	width, height = c.Width, c.Height
	if width <= 0 {
		width = 560
	}
	if height <= 0 {
		height = 320
	}
	return width, height
}

// Plot returns the curves as a plot of gonum's, which can be extended.
func (c Curves) Plot() (*plot.Plot, error) {
	p, _, err := c.plot()
	return p, err
}

// plot returns also the curves that are drawn.
func (c Curves) plot() (*plot.Plot, []curve, error) {
	p := plot.New()
	p.Title.Text = c.Title
	p.X.Label.Text = string(c.Over)
	if c.Over == "" {
		p.X.Label.Text = string(Steps)
	}
	p.Y.Label.Text = "loss"
	p.Legend.Top = true
	p.Legend.Padding = vg.Points(2)
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{225}, color.Gray{225}
	p.Add(grid)
	sans(&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle)
	curves := c.curves()
	logarithmic := !c.Linear && keepLogarithmic(curves)
	drawn := 0
	for i, k := range curves {
		if len(k.points) == 0 {
			continue
		}
		l, err := plotter.NewLine(thin(k.points))
		if err != nil {
			return nil, nil, err
		}
		l.Color = palette[i%len(palette)]
		l.Width = vg.Points(1.5)
		p.Add(l)
		p.Legend.Add(k.name, l)
		drawn++
	}
	if drawn == 0 {
		return nil, nil, errors.New("nb: curves: there is nothing to draw: no run has a record of the terms asked for")
	}
	if logarithmic {
		p.Y.Scale = plot.LogScale{}
		p.Y.Tick.Marker = plot.TickerFunc(logTicks)
		if p.Y.Max <= p.Y.Min { // a logarithmic axis needs a range
			p.Y.Min, p.Y.Max = p.Y.Min/2, p.Y.Max*2
		}
	}
	p.X.Tick.Marker = plot.TickerFunc(ticks)
	if p.X.Max <= p.X.Min {
		p.X.Max = p.X.Min + 1
	}
	return p, curves, nil
}

// thin keeps about as many points as there are pixels.
func thin(points plotter.XYs) plotter.XYs {
	const most = 600
	if len(points) <= most {
		return points
	}
	var few plotter.XYs
	for i := range most {
		few = append(few, points[i*(len(points)-1)/(most-1)])
	}
	return few
}

// rasterize draws a plot with this size in pixels of the page. The legend keeps clear of the
// curves.
func rasterize(p *plot.Plot, curves []curve, width, height int) (m image.Image, err error) {
	defer func() {
		if r := recover(); r != nil { // gonum/plot panics if an axis has no range
			err = fmt.Errorf("nb: cannot be drawn: %v", r)
		}
	}()
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(width)*vg.Inch/host.Dots, vg.Length(height)*vg.Inch/host.Dots), vgimg.UseDPI(host.Dots*host.Sharpness))
	canvas := draw.New(c)
	if len(curves) > 0 {
		canvas = placeLegend(p, curves, canvas)
	}
	p.Draw(canvas)
	return c.Image(), nil
}

// encode returns the PNG of a drawing that rasterize has made.
func encode(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m); err != nil {
		return nil, err
	}
	return host.Sharp(b.Bytes()), nil
}

// draw draws the curves.
func (c Curves) draw() (image.Image, error) {
	p, curves, err := c.plot()
	if err != nil {
		return nil, err
	}
	width, height := c.size()
	return rasterize(p, curves, width, height)
}

// String returns a line for each curve: its first and last value, and its shape.
func (c Curves) String() string {
	t := Table{Header: []string{"curve", "first", "last", "least", "course"}}
	for _, k := range c.curves() {
		if len(k.points) == 0 {
			t.Rows = append(t.Rows, []any{k.name, "", "", "", "no records"})
			continue
		}
		least := math.Inf(1)
		for _, xy := range k.points {
			least = math.Min(least, xy.Y)
		}
		t.Rows = append(t.Rows, []any{k.name, k.points[0].Y, k.points[len(k.points)-1].Y, least, course(k.points)})
	}
	if c.Title != "" {
		return c.Title + "\n" + t.String()
	}
	return t.String()
}

// course shows the shape of a curve in two dozen characters.
func course(points plotter.XYs) string {
	const bars = "▁▂▃▄▅▆▇█"
	logarithmic := !slices.ContainsFunc(points, func(xy plotter.XY) bool { return xy.Y <= 0 })
	scale := func(y float64) float64 {
		if logarithmic {
			return math.Log(y)
		}
		return y
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, xy := range points {
		low, high = math.Min(low, scale(xy.Y)), math.Max(high, scale(xy.Y))
	}
	var b strings.Builder
	width := min(24, len(points))
	for i := range width {
		y := scale(points[i*(len(points)-1)/max(1, width-1)].Y)
		level := 0
		if high > low {
			level = int(7*(y-low)/(high-low) + 0.5)
		}
		b.WriteRune([]rune(bars)[level])
	}
	return b.String()
}

var plotTemplate = template.Must(template.New("").Parse(
	`<img src="{{.URL}}" width="{{.Width}}" height="{{.Height}}" style="max-width:100%" alt="{{.Alt}}">`))

type plotData struct {
	URL           template.URL
	Width, Height int
	Alt           string
}

// SimpleRender is called by notebooks.
func (c Curves) SimpleRender() map[string]any {
	m, err := c.draw()
	width, height := c.size()
	return renderPlot(m, err, width, height, "loss curves "+c.Title, c.String())
}

// renderPlot returns the form of a drawn plot.
func renderPlot(m image.Image, err error, width, height int, title, plain string) map[string]any {
	var file []byte
	if err == nil {
		file, err = encode(m)
	}
	if err != nil {
		return map[string]any{"text/plain": prefix.Text(err)}
	}
	return withPNG(render(plotTemplate, plotData{dataURL(file), width, height, title}, plain), file)
}
