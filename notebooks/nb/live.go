package nb

import (
	"fmt"
	"html/template"
	"sync"
	"time"

	"github.com/gonst/workbench/notebooks/internal/host"
	"github.com/gonst/workbench/nst"
)

// Panel shows the progress of a run in one place of the cell's output: the picture so
// far, the curves of all terms, step, rate and remaining time. It is an observer:
//
//	result, err := t.Run(nb.Context(), nb.Live())
//
// A panel is for one run. Outside a notebook it writes a line at intervals to [Writer].
type Panel struct {
	// Interval is the minimum time between two updates, by default 400 ms. Updates
	// become less frequent if drawing would take more than a tenth of the time.
	Interval time.Duration

	mu    sync.Mutex // a cell can show the panel while a goroutine runs
	place Place
	trace []nst.Record
	image *nst.Image
	steps int
	end   string // how the run ended
}

var _ nst.Finisher = (*Panel)(nil)

// Live returns a new panel.
func Live() *Panel { return &Panel{} }

// Observe is called by the run.
func (p *Panel) Observe(s *nst.Step) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trace = append(p.trace, s.Record)
	p.steps = s.Steps
	if !time.Now().Before(p.place.next) {
		if host.Attached() {
			p.image = s.Image()
		}
		p.show()
	}
	return nil
}

// Finish is called by the run at its end.
func (p *Panel) Finish(r *nst.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end, p.image = string(r.Reason), r.Image
	if r.Why != "" && r.Reason != nst.Cancelled {
		p.end += ": " + r.Why
	}
	p.show()
}

// show replaces the panel's content. The caller must hold the lock.
func (p *Panel) show() {
	p.place.Interval = p.Interval
	if host.Attached() {
		p.place.ShowNow(frame{p})
	} else if Writer != nil {
		p.place.ShowNow(p.line())
	}
}

// frame returns the current content of the panel. The caller must hold the lock.
type frame struct{ *Panel }

func (f frame) SimpleRender() map[string]any { return f.form() }

// line describes the run's progress in words.
func (p *Panel) line() string {
	if len(p.trace) == 0 {
		return "not started"
	}
	first, r := p.trace[0], p.trace[len(p.trace)-1]
	s := fmt.Sprintf("step %d of %d · loss %.4g · rate %.3g · %s", r.Step, p.steps, r.Total, r.Rate, duration(r.Seconds))
	if done := r.Step - first.Step; p.end != "" {
		s += " · " + p.end
	} else if done > 0 && r.Step < p.steps {
		s += ", " + duration((r.Seconds-first.Seconds)/float64(done)*float64(p.steps-r.Step)) + " left"
	}
	return s
}

func duration(seconds float64) string {
	if seconds < 10 {
		return fmt.Sprintf("%.1f s", seconds)
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}

// termCurves returns the curves of a run's terms and of the total.
func termCurves(trace []nst.Record) Curves {
	c := Curves{Runs: []Run{{Trace: trace}}, Width: 420, Height: 260}
	if len(trace) > 0 {
		for _, t := range trace[0].Terms {
			c.Terms = append(c.Terms, t.Name)
		}
		c.Terms = append(c.Terms, Total)
	}
	return c
}

// String returns the run's progress and its curves.
func (p *Panel) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text()
}

func (p *Panel) text() string {
	if len(p.trace) == 0 {
		return p.line()
	}
	return p.line() + "\n" + termCurves(p.trace).String()
}

var panelTemplate = template.Must(template.New("").Parse(
	`<div style="display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start">` +
		`{{.Picture}}{{with .Curves}}<img src="{{.}}" width="420" height="260" alt="loss curves">{{end}}</div>` +
		`{{if .Steps}}<progress value="{{.Step}}" max="{{.Steps}}" style="width:100%;max-width:700px;height:6px;display:block;margin-top:6px"></progress>{{end}}` +
		`<div style="font-variant-numeric:tabular-nums">{{.Line}}</div>`))

type panelData struct {
	Picture     template.HTML
	Curves      template.URL
	Line        string
	Step, Steps int
}

func renderPanel(d panelData, picture *nst.Image, trace []nst.Record, plain string) map[string]any {
	var tiles []*tile
	if picture != nil {
		p := Picture{Image: picture}
		d.Picture = p.html()
		tiles = append(tiles, p.tile(0))
	}
	curves := termCurves(trace)
	if m, err := curves.draw(); err == nil {
		if file, err := encode(m); err == nil {
			d.Curves = dataURL(file)
		}
		tiles = append(tiles, &tile{image: m, width: curves.Width, height: curves.Height})
	}
	return withPNG(render(panelTemplate, d, plain), sheet(tiles, 0, d.Line))
}

// SimpleRender is called by notebooks.
func (p *Panel) SimpleRender() map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.form()
}

func (p *Panel) form() map[string]any {
	d := panelData{Line: p.line(), Steps: p.steps}
	if len(p.trace) > 0 {
		d.Step = p.trace[len(p.trace)-1].Step
	}
	return renderPanel(d, p.image, p.trace, p.text())
}
