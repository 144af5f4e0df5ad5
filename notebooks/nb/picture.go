package nb

import (
	"bytes"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"math"
	"strings"

	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// Picture is an image with a caption.
type Picture struct {
	Caption string
	Image   *nst.Image

	raw     image.Image // instead of Image: for maps and matrices
	average string      // the plain-text description of raw
}

// Grid shows pictures in rows.
type Grid struct {
	Pictures []Picture
	Columns  int // by default as many as fit the page
	// Width is the displayed width of each picture in pixels of the page. The default
	// is its own width, but at least 128.
	Width int
}

// SideBySide shows pictures in one row.
func SideBySide(pictures ...Picture) Grid {
	return Grid{Pictures: pictures, Columns: len(pictures)}
}

// Difference shows two images of one size and their difference: the absolute difference
// of their values, scaled until the largest is white.
func Difference(a, b Picture) (Grid, error) {
	if err := a.Image.Validate(); err != nil {
		return Grid{}, prefix.Errorf("nb: ", "difference: first image: %w", err)
	}
	if err := b.Image.Validate(); err != nil {
		return Grid{}, prefix.Errorf("nb: ", "difference: second image: %w", err)
	}
	if a.Image.Width != b.Image.Width || a.Image.Height != b.Image.Height {
		return Grid{}, fmt.Errorf("nb: difference of images of %d x %d and %d x %d pixels: they must have one size; Resize one",
			a.Image.Width, a.Image.Height, b.Image.Width, b.Image.Height)
	}
	d := nst.NewImage(a.Image.Width, a.Image.Height)
	largest, sum := 0.0, 0.0
	for i := range d.Pix {
		v := math.Abs(float64(a.Image.Pix[i]) - float64(b.Image.Pix[i]))
		d.Pix[i] = float32(v)
		largest = math.Max(largest, v)
		sum += v
	}
	if largest > 0 {
		for i := range d.Pix {
			d.Pix[i] = float32(float64(d.Pix[i]) / largest)
		}
	}
	caption := fmt.Sprintf("difference: mean %.3g, largest %.3g", sum/float64(len(d.Pix)), largest)
	return SideBySide(a, b, Picture{Caption: caption, Image: d}), nil
}

// png returns the picture's PNG file, or nil if there is no valid picture.
func (p Picture) png() []byte {
	var b bytes.Buffer
	var err error
	switch {
	case p.raw != nil:
		err = png.Encode(&b, p.raw)
	case p.Image != nil:
		err = p.Image.EncodePNG(&b)
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	return b.Bytes()
}

func (p Picture) size() (width, height int) {
	switch {
	case p.raw != nil:
		return p.raw.Bounds().Dx(), p.raw.Bounds().Dy()
	case p.Image != nil:
		return p.Image.Width, p.Image.Height
	}
	return 0, 0
}

// String describes the picture: its caption, size and mean colour.
func (p Picture) String() string {
	caption := p.Caption
	if caption == "" {
		caption = "image"
	}
	width, height := p.size()
	if p.raw != nil {
		return fmt.Sprintf("%s (%d x %d%s)", caption, width, height, p.average)
	}
	if err := p.Image.Validate(); err != nil {
		return fmt.Sprintf("%s (%v)", caption, err)
	}
	var mean [3]float64
	area := width * height
	for i, v := range p.Image.Pix {
		mean[i/area] += float64(v) / float64(area)
	}
	return fmt.Sprintf("%s (%d x %d, mean colour %.2f %.2f %.2f)", caption, width, height, mean[0], mean[1], mean[2])
}

// String returns one line for each picture.
func (g Grid) String() string {
	var lines []string
	for _, p := range g.Pictures {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

var pictureTemplate = template.Must(template.New("picture").Parse(
	`<figure style="margin:0;max-width:100%">` +
		`{{if .URL}}<img src="{{.URL}}" width="{{.Width}}" style="max-width:100%;{{if .Pixels}}image-rendering:pixelated{{end}}" alt="{{.Caption}}">` +
		`{{else}}<em>{{.Plain}}</em>{{end}}` +
		`{{with .Caption}}<figcaption style="max-width:{{$.Width}}px;font-size:90%;line-height:1.3">{{.}}</figcaption>{{end}}</figure>`))

type pictureData struct {
	URL            template.URL
	Width          int
	Pixels         bool // show the pixels as squares
	Caption, Plain string
}

// shown returns the width on the page, and whether pixels are shown as squares.
func (p Picture) shown(width int) (int, bool) {
	natural, _ := p.size()
	if width == 0 {
		width = max(natural, 128)
	}
	return width, p.raw != nil || natural*2 <= width
}

func (p Picture) data(width int) pictureData {
	width, pixels := p.shown(width)
	d := pictureData{Width: width, Pixels: pixels, Caption: p.Caption, Plain: p.String()}
	if png := p.png(); png != nil {
		d.URL = dataURL(png)
	}
	return d
}

func (p Picture) html() template.HTML {
	var b bytes.Buffer
	if err := pictureTemplate.Execute(&b, p.data(0)); err != nil {
		return template.HTML(template.HTMLEscapeString(prefix.Text(err)))
	}
	return template.HTML(b.String())
}

// SimpleRender is called by notebooks.
func (p Picture) SimpleRender() map[string]any {
	return withPNG(render(pictureTemplate, p.data(0), p.String()), sheet([]*tile{p.tile(0)}, 1, ""))
}

var gridTemplate = template.Must(template.Must(pictureTemplate.Clone()).New("grid").Parse(
	`<div style="display:{{if .Columns}}grid;grid-template-columns:repeat({{.Columns}},minmax(0,max-content)){{else}}flex;flex-wrap:wrap{{end}};gap:12px;align-items:start">` +
		`{{range .Pictures}}{{template "picture" .}}{{end}}</div>`))

// SimpleRender is called by notebooks.
func (g Grid) SimpleRender() map[string]any {
	data := struct {
		Columns  int
		Pictures []pictureData
	}{Columns: g.Columns}
	var tiles []*tile
	for _, p := range g.Pictures {
		data.Pictures = append(data.Pictures, p.data(g.Width))
		tiles = append(tiles, p.tile(g.Width))
	}
	return withPNG(render(gridTemplate, data, g.String()), sheet(tiles, g.Columns, ""))
}
