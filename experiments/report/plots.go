package report

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"unicode"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/gonst/workbench/experiments/result"
)

// plotFile is one plot: a column of the metrics of all runs against another column.
type plotFile struct {
	Name      string // of the file, without its extension
	x, column string
}

// plotFiles lists the plots: the total and each term, over steps and over
// evaluations.
func plotFiles(s *study) []plotFile {
	var files []plotFile
	taken := map[string]bool{}
	for _, column := range append([]string{result.ColumnTotal}, s.Terms...) {
		base := fileName(column)
		second := func() string { return base + "-evaluations" }
		for taken[strings.ToLower(base)] || taken[strings.ToLower(second())] { // some file systems ignore case
			base += "_"
		}
		taken[strings.ToLower(base)], taken[strings.ToLower(second())] = true, true
		files = append(files, plotFile{base, result.ColumnStep, column}, plotFile{second(), result.ColumnEvaluations, column})
	}
	return files
}

// fileName makes a file name that every file system accepts from the name of a term.
func fileName(term string) string {
	s := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '_' {
			return r
		}
		return '-'
	}, term)
	if len(s) > 60 {
		s = s[:60]
	}
	return s
}

const (
	plotWidth  = 10 * vg.Inch
	plotHeight = 5.5 * vg.Inch
	plotDPI    = 120
	maxKeys    = 24  // entries of a legend that fit beside a plot
	maxCurves  = 300 // more of them hide each other
	maxPoints  = 300 // of each of many curves
)

// render draws the plot as "png" or "svg".
func (f plotFile) render(s *study, format string) ([]byte, error) {
	var b bytes.Buffer
	switch format {
	case "png":
		c := vgimg.NewWith(vgimg.UseWH(plotWidth, plotHeight), vgimg.UseDPI(plotDPI), vgimg.UseBackgroundColor(color.White))
		if err := f.draw(s, draw.New(c)); err != nil {
			return nil, err
		}
		_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(&b)
		return b.Bytes(), err
	case "svg":
		c := vgsvg.New(plotWidth, plotHeight)
		if err := f.draw(s, draw.New(c)); err != nil {
			return nil, err
		}
		_, err := c.WriteTo(&b)
		return b.Bytes(), err
	}
	return nil, fmt.Errorf("unknown format %q", format)
}

func (f plotFile) draw(s *study, c draw.Canvas) error {
	runs := evenly(s.Runs, maxCurves)
	xs, ys := make([][]float64, len(runs)), make([][]float64, len(runs))
	for i := range runs {
		xs[i], ys[i] = runs[i].curve(f.x, f.column)
		if rows := thin(ys[i], len(ys[i]), maxPoints); len(runs) > maxKeys && len(rows) < len(ys[i]) {
			xs[i], ys[i] = at(xs[i], rows), at(ys[i], rows)
		}
	}
	log, left := logarithmic(ys)

	p := plot.New()
	style(p)
	title := s.Plan.Title
	if title == "" {
		title = s.Plan.Experiment
	}
	p.Title.Text = plain(title, 90)
	if len(runs) < len(s.Runs) {
		p.Title.Text += fmt.Sprintf(" (%d of %d runs)", len(runs), len(s.Runs))
	}
	p.X.Label.Text = plain(f.x, 60)
	p.Y.Label.Text = plain(f.column, 60)
	p.X.Tick.Marker, p.Y.Tick.Marker = ticker(linearTicks), ticker(linearTicks)
	if log {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, ticker(logTicks)
		p.Y.Label.Text += " (log scale)"
		if left > 0 {
			p.X.Label.Text += fmt.Sprintf(" (%d values are not positive and left out)", left)
		}
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{Y: 0xee}, color.Gray{Y: 0xe6}
	p.Add(grid)
	if f.x == result.ColumnStep {
		stageLines(p, runs)
	}

	drawn := 0
	for i, r := range runs {
		line := lineColour(r.Colour)
		for _, piece := range pieces(xs[i], ys[i], log) {
			l, err := plotter.NewLine(piece)
			if err != nil {
				return err
			}
			l.Color, l.Width = line, vg.Points(1.4)
			if len(runs) > maxKeys {
				l.Width = vg.Points(.8)
			}
			p.Add(l)
			drawn++
			if len(piece) > 1 && (r.Status != result.Failed) {
				continue
			}
			// A single point has no line. A failed run ends with a cross.
			dots, err := plotter.NewScatter(piece[len(piece)-1:])
			if err != nil {
				return err
			}
			dots.GlyphStyle = draw.GlyphStyle{Color: line, Radius: vg.Points(2), Shape: draw.CircleGlyph{}}
			if r.Status == result.Failed {
				dots.GlyphStyle = draw.GlyphStyle{Color: line, Radius: vg.Points(3.5), Shape: draw.CrossGlyph{}}
			}
			p.Add(dots)
		}
	}
	if drawn == 0 {
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
		p.X.Label.Text += ": nothing is logged yet"
	} else if p.Y.Min == p.Y.Max && log {
		p.Y.Min, p.Y.Max = p.Y.Min/2, p.Y.Max*2
	} else if p.Y.Min == p.Y.Max {
		p.Y.Min, p.Y.Max = p.Y.Min-1, p.Y.Max+1
	}
	if p.X.Min == p.X.Max {
		p.X.Max++
	}

	c = draw.Crop(c, vg.Points(10), -vg.Points(14), vg.Points(10), -vg.Points(10))
	if legend, width := f.legend(s); width > 0 {
		side := draw.Crop(c, c.Max.X-c.Min.X-width, 0, 0, -vg.Points(24))
		legend.Draw(side)
		c = draw.Crop(c, 0, -width-vg.Points(12), 0, 0)
	}
	p.Draw(c)
	return nil
}

// legend is beside the plot.
// stageLines marks on the x axis where stages begin, if all staged runs have the same.
func stageLines(p *plot.Plot, runs []run) {
	var common []stage
	for i := range runs {
		s := runs[i].stages()
		if s != nil && common != nil && !slices.Equal(s, common) {
			return
		}
		if s != nil {
			common = s
		}
	}
	var sizes []string
	for _, s := range common {
		sizes = append(sizes, fmt.Sprint(s.Size))
		if s.At > 0 {
			p.Add(stageLine(s.At))
		}
	}
	if len(sizes) > 0 {
		p.X.Label.Text += " (stages of " + strings.Join(sizes, ", ") + " pixels)"
	}
}

// stageLine is a vertical dashed line at a step.
type stageLine int

func (at stageLine) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	style := draw.LineStyle{Color: color.Gray{Y: 0x88}, Width: vg.Points(.6), Dashes: []vg.Length{vg.Points(3), vg.Points(3)}}
	c.StrokeLine2(style, x(float64(at)), c.Min.Y, x(float64(at)), c.Max.Y)
}

func at(values []float64, rows []int) []float64 {
	out := make([]float64, len(rows))
	for i, row := range rows {
		out[i] = values[row]
	}
	return out
}

// style sets sans-serif letters and thin, grey axes for all plots.
func style(p *plot.Plot) {
	set := func(t *text.Style, size float64, c color.Color) {
		t.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
		t.Color = c
	}
	ink, grey := color.Gray{Y: 0x22}, color.Gray{Y: 0x66}
	set(&p.Title.TextStyle, 13, ink)
	p.Title.Padding = vg.Points(10)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		set(&a.Label.TextStyle, 10, ink)
		set(&a.Tick.Label, 9, grey)
		a.Label.Padding = vg.Points(4)
		a.Color, a.Tick.Color = color.Gray{Y: 0xaa}, color.Gray{Y: 0xaa}
		a.LineStyle.Width, a.Tick.Width = vg.Points(.6), vg.Points(.6)
		a.Padding = vg.Points(4)
	}
}

// logarithmic reports whether the values can be shown on a log scale, and how many
// values are left out. A term that is zero at first (the content loss if the start is
// the content) can be shown; a term that is mostly negative cannot.
func logarithmic(curves [][]float64) (ok bool, left int) {
	positive := 0
	for _, ys := range curves {
		for _, y := range ys {
			switch {
			case math.IsNaN(y) || math.IsInf(y, 0):
			case y > 0:
				positive++
			default:
				left++
			}
		}
	}
	return positive > 0 && positive >= left, left
}

// pieces splits a curve at the values that cannot be drawn.
func pieces(xs, ys []float64, log bool) []plotter.XYs {
	var all []plotter.XYs
	var piece plotter.XYs
	for i := range ys {
		x, y := xs[i], ys[i]
		if math.IsNaN(x-x) || math.IsNaN(y-y) || log && y <= 0 { // x-x is NaN for infinities too
			if len(piece) > 0 {
				all, piece = append(all, piece), nil
			}
			continue
		}
		piece = append(piece, plotter.XY{X: x, Y: y})
	}
	if len(piece) > 0 {
		all = append(all, piece)
	}
	return all
}

// plain makes one line of text without control characters, with at most n letters.
func plain(s string, n int) string {
	letters := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s))
	if len(letters) > n {
		letters = append(letters[:n-1], '…')
	}
	return string(letters)
}

func lineColour(hex string) color.Color {
	var r, g, b uint8
	_, _ = fmt.Sscanf(hex, "#%02x%02x%02x", &r, &g, &b) // always in this form, because this package makes the colours
	return color.NRGBA{R: r, G: g, B: b, A: 0xff}
}
