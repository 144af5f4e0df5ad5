package nb

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"gonum.org/v1/plot"

	"github.com/gonst/workbench/notebooks/internal/host"
	"github.com/gonst/workbench/nst"
)

// Writer gets the plain text of what is shown while no notebook is there. Nil
// means nobody does.
var Writer io.Writer

// Show shows values at once, in the middle of a cell. What a cell ends with is
// shown without it.
func Show(values ...any) {
	for _, v := range values {
		data := form(v)
		if !host.Show("", false, data) && Writer != nil {
			fmt.Fprintln(Writer, data["text/plain"])
		}
	}
}

// form is a value by MIME type.
func form(v any) host.Data {
	v = Present(v)
	if r, ok := v.(interface{ SimpleRender() map[string]any }); ok {
		return r.SimpleRender()
	}
	return host.Data{"text/plain": fmt.Sprint(v)}
}

// Present turns what has no form for people into something that has: an image
// into a picture, a result into its picture and curves, feature maps into a
// grid, a plot of gonum's into a picture. Anything else stays what it is. The
// kernel does it with what a cell ends with.
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

// render is the form of everything here: HTML for the notebook, text beside it.
func render(t *template.Template, data any, plain string) map[string]any {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return map[string]any{"text/plain": plain + "\n" + err.Error()}
	}
	return map[string]any{"text/html": b.String(), "text/plain": plain}
}

// dataURL is a PNG inside a page. Base64 has no character that HTML minds.
func dataURL(png []byte) template.URL {
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png))
}

// outcome is what a run came to.
type outcome struct{ result *nst.Result }

func (o outcome) line() string {
	r := o.result
	return fmt.Sprintf("%s after %d steps and %d evaluations in %s", r.Reason, r.Steps, r.Evaluations, duration(r.Seconds))
}

// String is why the run ended, and its curves.
func (o outcome) String() string {
	s := o.line()
	if o.result.Why != "" {
		s += ": " + o.result.Why
	}
	return s + "\n" + termCurves(o.result.Trace).String()
}

// SimpleRender is what notebooks call.
func (o outcome) SimpleRender() map[string]any {
	return renderPanel(panelData{Line: o.line()}, o.result.Image, o.result.Trace, o.String())
}

// drawing is a plot that shows itself.
type drawing struct{ *plot.Plot }

func (d drawing) String() string { return "plot: " + d.Title.Text }

// SimpleRender is what notebooks call.
func (d drawing) SimpleRender() map[string]any {
	png, err := rasterize(d.Plot, 560, 360)
	if err != nil {
		return map[string]any{"text/plain": d.String() + ": " + err.Error()}
	}
	return render(plotTemplate, plotData{dataURL(png), 560, 360, d.Title.Text}, d.String())
}
