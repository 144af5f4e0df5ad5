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

	mu      sync.Mutex // an interrupt arrives on another goroutine
	place   Place
	trace   []nst.Record
	image   *nst.Image
	steps   int
	stopped bool
}

var _ nst.Observer = (*Panel)(nil)

// Live returns a new panel.
func Live() *Panel { return &Panel{} }

// Observe is called by the run.
func (p *Panel) Observe(s *nst.Step) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trace = append(p.trace, s.Record)
	p.steps = s.Steps
	last := s.Step >= s.Steps
	if time.Now().Before(p.place.next) && !last {
		return nil
	}
	p.place.Interval = p.Interval
	if host.Attached() {
		p.image = s.Image()
		if !p.place.shown {
			host.OnInterrupt(p.stop)
		}
		p.place.ShowNow(frame{p})
	} else if Writer != nil {
		p.place.ShowNow(p.line())
	}
	return nil
}

// frame returns the current content of the panel. The caller must hold the lock.
type frame struct{ *Panel }

func (f frame) SimpleRender() map[string]any { return f.form() }

// stop shows that the run has stopped, because the run itself does not report it.
func (p *Panel) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	p.place.ShowNow(frame{p})
}

// line describes the run's progress in words.
func (p *Panel) line() string {
	if len(p.trace) == 0 {
		return "not started"
	}
	first, r := p.trace[0], p.trace[len(p.trace)-1]
	s := fmt.Sprintf("step %d of %d · loss %.4g · rate %.3g · %s", r.Step, p.steps, r.Total, r.Rate, duration(r.Seconds))
	if done := r.Step - first.Step; r.Step >= p.steps {
		s += " · done"
	} else if p.stopped {
		s += " · stopped"
	} else if done > 0 {
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
	if picture != nil {
		d.Picture = Picture{Image: picture}.html()
	}
	if png, err := termCurves(trace).png(); err == nil {
		d.Curves = dataURL(png)
	}
	return render(panelTemplate, d, plain)
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
