package nb

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"gonum.org/v1/plot"

	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/notebooks/internal/host"
	"github.com/gonst/workbench/nst"
)

// Writer receives the plain text of displayed values outside a notebook. If it is nil,
// the text is dropped.
var Writer io.Writer

// Show displays values immediately, in the middle of a cell. The last value of a cell
// is displayed without it.
func Show(values ...any) {
	for _, v := range values {
		data := form(v)
		if !host.Show("", false, data) && Writer != nil {
			fmt.Fprintln(Writer, data["text/plain"])
		}
	}
}

// form holds the forms of a value by MIME type.
func form(v any) host.Data {
	v = Present(v)
	if r, ok := v.(interface{ SimpleRender() map[string]any }); ok {
		return r.SimpleRender()
	}
	return host.Data{"text/plain": fmt.Sprint(v)}
}

// Present converts a value that has no displayable form: an image into a picture, a
// result into its picture and curves, feature maps into a grid, a plot of gonum's into
// a picture. Other values stay unchanged. The kernel calls it for the last value of a
// cell.
func Present(v any) any {
	switch v := v.(type) {
	case *nst.Image:
		if v != nil {
			return Picture{Image: v}
		}
	case *nst.Result:
		if v != nil {
			return outcome{v}
		}
	case *nst.FeatureMaps:
		if v != nil {
			return FeatureMaps(v, 16)
		}
	case *plot.Plot:
		if v != nil {
			return drawing{v}
		}
	}
	return v
}

// render returns the form of all types of this package: HTML for the notebook and plain
// text. What shows pictures adds a PNG with withPNG.
func render(t *template.Template, data any, plain string) map[string]any {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return map[string]any{"text/plain": plain + "\n" + prefix.Text(err)}
	}
	return map[string]any{"text/html": b.String(), "text/plain": plain}
}

// withPNG adds the picture for readers that do not show HTML, if there is one.
func withPNG(data map[string]any, file []byte) map[string]any {
	if file != nil {
		data["image/png"] = file
	}
	return data
}

// dataURL returns a PNG as a URL for a page. Base64 needs no escaping in HTML.
func dataURL(png []byte) template.URL {
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png))
}

// outcome displays the result of a run.
type outcome struct{ result *nst.Result }

func (o outcome) line() string {
	r := o.result
	return fmt.Sprintf("%s after %d steps and %d evaluations in %s", r.Reason, r.Steps, r.Evaluations, duration(r.Seconds))
}

// String returns the reason why the run ended, and its curves.
func (o outcome) String() string {
	s := o.line()
	if o.result.Why != "" {
		s += ": " + o.result.Why
	}
	return s + "\n" + termCurves(o.result.Trace).String()
}

// SimpleRender is called by notebooks.
func (o outcome) SimpleRender() map[string]any {
	return renderPanel(panelData{Line: o.line()}, o.result.Image, o.result.Trace, o.String())
}

// drawing is a plot that notebooks can display.
type drawing struct{ *plot.Plot }

func (d drawing) String() string { return "plot: " + d.Title.Text }

// SimpleRender is called by notebooks.
func (d drawing) SimpleRender() map[string]any {
	m, err := rasterize(d.Plot, nil, 560, 360)
	return renderPlot(m, err, 560, 360, d.Title.Text, d.String())
}
