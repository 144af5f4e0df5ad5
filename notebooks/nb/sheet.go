package nb

import (
	"image"
	"image/color"
	"image/draw"
	"strings"

	xdraw "golang.org/x/image/draw"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/gonst/workbench/notebooks/internal/host"
)

// tile is one picture of a sheet. A sheet is the form of pictures and captions for readers
// that do not show HTML: exports to PDF, notebooks that are not trusted, other front ends.
// It is one PNG.
type tile struct {
	image         image.Image
	width, height int // on the page
	pixels        bool
	caption       string
}

// gap is the space between tiles, in pixels.
const (
	gap = 12
	// sheetWidth is where a row of a sheet without a number of columns ends.
	sheetWidth = 900
)

// caption is the style of the text under a picture.
var caption = text.Style{Color: color.Black, Font: font.From(plot.DefaultFont, 9.5), Handler: plot.DefaultTextHandler}

func init() { sans(&caption) }

const lineHeight = 16 // of a caption, in pixels

// tile is the picture as a tile, or nil if there is nothing to draw.
func (p Picture) tile(width int) *tile {
	m := p.raw
	if m == nil {
		if p.Image.Validate() != nil {
			return nil
		}
		m = p.Image.RGBA()
	}
	b := m.Bounds()
	width, pixels := p.shown(width)
	return &tile{image: m, width: width, height: max(1, width*b.Dy()/b.Dx()), pixels: pixels, caption: p.Caption}
}

// sheet draws tiles in rows, and a line of text below. It returns nil if there is
// nothing to draw.
func sheet(tiles []*tile, columns int, below string) []byte {
	type placed struct {
		*tile
		at    image.Point
		lines []string
	}
	var all []placed
	var size image.Point
	x, y, row := 0, 0, 0 // row is the height of the current row
	for i, t := range tiles {
		if t == nil {
			continue
		}
		if columns > 0 && i > 0 && i%columns == 0 || columns <= 0 && x > 0 && x+t.width > sheetWidth {
			x, y, row = 0, y+row+gap, 0
		}
		p := placed{t, image.Pt(x, y), wrap(t.caption, t.width)}
		all = append(all, p)
		x += t.width + gap
		row = max(row, t.height+lineHeight*len(p.lines))
		size = image.Pt(max(size.X, x-gap), max(size.Y, y+row))
	}
	if len(all) == 0 {
		return nil
	}
	belowLines := wrap(below, size.X)
	height := size.Y + lineHeight*len(belowLines)

	const scale = host.Sharpness
	length := func(pixels int) vg.Length { return vg.Length(pixels) * vg.Inch / host.Dots }
	canvas := vgimg.NewWith(vgimg.UseWH(length(size.X), length(height)), vgimg.UseDPI(host.Dots*scale))
	sheet, page := canvas.Image(), vgdraw.New(canvas)
	for _, p := range all {
		r := image.Rect(p.at.X*scale, p.at.Y*scale, (p.at.X+p.width)*scale, (p.at.Y+p.height)*scale)
		switch from := p.image.Bounds(); {
		case from.Size() == r.Size():
			draw.Draw(sheet, r, p.image, from.Min, draw.Src)
		case p.pixels || from.Dx() <= p.width:
			xdraw.NearestNeighbor.Scale(sheet, r, p.image, from, draw.Src, nil)
		default:
			xdraw.ApproxBiLinear.Scale(sheet, r, p.image, from, draw.Src, nil)
		}
	}
	write := func(lines []string, x, y int) {
		for i, l := range lines {
			page.FillText(caption, vg.Point{X: length(x), Y: length(height - y - lineHeight*(i+1) + lineHeight/4)}, l)
		}
	}
	for _, p := range all {
		write(p.lines, p.at.X, p.at.Y+p.height)
	}
	write(belowLines, 0, size.Y)
	file, err := encode(sheet)
	if err != nil {
		return nil
	}
	return file
}

// wrap breaks text into lines of at most a width in pixels.
func wrap(s string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(s) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && caption.Width(longer) > vg.Length(width)*vg.Inch/host.Dots {
			lines = append(lines, line)
			longer = word
		}
		line = longer
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
