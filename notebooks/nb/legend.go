package nb

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// placeLegend moves the legend of a plot on c to a corner where it covers no curve. If there
// is none, it draws the legend to the right of the plot, and returns the rest of c.
func placeLegend(p *plot.Plot, curves []curve, c draw.Canvas) draw.Canvas {
	size := p.Legend.Rectangle(c).Size()
	margin := vg.Points(6)
	area := p.DataCanvas(c)
	for _, corner := range []struct{ top, left bool }{{true, false}, {false, true}, {true, true}, {false, false}} {
		box := area
		if corner.left {
			box.Max.X = box.Min.X + size.X + 2*margin
		} else {
			box.Min.X = box.Max.X - size.X - 2*margin
		}
		if corner.top {
			box.Min.Y = box.Max.Y - size.Y - 2*margin
		} else {
			box.Max.Y = box.Min.Y + size.Y + 2*margin
		}
		if fits(box, area) && !crosses(p, curves, area, box) {
			p.Legend.Top, p.Legend.Left = corner.top, corner.left
			p.Legend.XOffs, p.Legend.YOffs = margin, margin
			if !corner.left {
				p.Legend.XOffs = -margin
			}
			if corner.top {
				p.Legend.YOffs = -margin
			}
			return c
		}
	}
	legend := p.Legend
	p.Legend = plot.NewLegend()
	legend.Top, legend.Left = true, true
	legend.Draw(draw.Crop(c, c.Max.X-c.Min.X-size.X-margin, 0, 0, area.Max.Y-c.Max.Y))
	return draw.Crop(c, 0, -size.X-2*margin, 0, 0)
}

// fits reports whether a box is within an area.
func fits(box, area draw.Canvas) bool {
	return box.Min.X >= area.Min.X && box.Max.X <= area.Max.X && box.Min.Y >= area.Min.Y && box.Max.Y <= area.Max.Y
}

// crosses reports whether a curve that is drawn in area passes through the box.
func crosses(p *plot.Plot, curves []curve, area, box draw.Canvas) bool {
	x, y := p.Transforms(&area)
	for _, k := range curves {
		var line []vg.Point
		for _, at := range thin(k.points) {
			line = append(line, vg.Point{X: x(at.X), Y: y(at.Y)})
		}
		if len(line) == 1 && box.Contains(line[0]) || len(box.ClipLinesXY(line)) > 0 {
			return true
		}
	}
	return false
}
