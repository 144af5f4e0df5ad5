package report

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/search"
)

// synthetic describes an experiment's directory with drawn pictures and decaying
// curves. No step of a real run is made.
type synthetic struct {
	name               string // default "synthetic"
	title, description string
	config             string // of every run, instead of a plain configuration
	axes               []result.Axis
	runs               int // without axes
	steps, every       int
	width, height      int
	status             func(i int) result.Status // nil: all done
	inputs             bool
	frames             int  // steps between intermediate pictures
	measured           bool // with yardstick.csv and measures.json
	search             *result.Search
	suffix             string // appended to every name that comes from a configuration
}

var layers = []string{"scale1", "scale2", "scale3", "scale4", "scale5"}

func (s synthetic) make(t testing.TB, dir string) {
	t.Helper()
	if s.name == "" {
		s.name = "synthetic" + s.suffix
	}
	plan := &result.Plan{Experiment: s.name, Title: s.title, Description: s.description, Axes: s.axes, Search: s.search}
	if s.inputs {
		must(t, os.MkdirAll(filepath.Join(dir, result.InputsDir), 0o755))
		add := func(role, label, key, value string, seed uint64) {
			file := fmt.Sprintf("inputs/%s-%d.png", role, seed)
			must(t, os.WriteFile(filepath.Join(dir, file), drawPicture(300, 225, seed, .3), 0o644))
			plan.Inputs = append(plan.Inputs, result.Input{Role: role, Label: label, File: file, Key: key, Value: value})
		}
		add("content", "harbour.png", "", "", 1000)
		for _, a := range s.axes {
			if a.Key == "images.style" {
				for i, v := range a.Values {
					add("style", v+".png", a.Key, v, uint64(i+1))
				}
			}
		}
	}
	combinations := []map[string]string{{}}
	for _, a := range s.axes {
		var longer []map[string]string
		for _, c := range combinations {
			for _, v := range a.Values {
				m := map[string]string{a.Key: v}
				for k, v := range c {
					m[k] = v
				}
				longer = append(longer, m)
			}
		}
		combinations = longer
	}
	for i := range max(len(combinations), s.runs) {
		var parts []string
		values := combinations[i%len(combinations)]
		for _, a := range s.axes {
			label := a.Label
			if label == "" {
				label = a.Key
			}
			parts = append(parts, label+"="+values[a.Key])
		}
		name := strings.Map(func(r rune) rune {
			if strings.ContainsRune("/\\:*?\"<>| \n", r) {
				return '-'
			}
			return r
		}, strings.Join(append(parts, fmt.Sprintf("%08x", uint32(i)*2654435761)), "_"))
		if len(name) > 120 {
			name = name[len(name)-120:]
		}
		name = strings.TrimLeft(name, ".")
		p := result.PlannedRun{Name: name, ID: fmt.Sprint("id", i), Values: values}
		if s.search != nil {
			p.Origin = s.search.Method
		}
		plan.Runs = append(plan.Runs, p)
	}
	must(t, result.WritePlan(dir, plan))
	for i, p := range plan.Runs {
		status := result.Done
		if s.status != nil {
			status = s.status(i)
		}
		if status != result.Waiting {
			s.makeRun(t, dir, i, p, status)
		}
	}
}

func (s synthetic) makeRun(t testing.TB, dir string, i int, p result.PlannedRun, status result.Status) {
	t.Helper()
	at := result.RunDir(dir, p.Name)
	if status == result.Running || status == result.Interrupted {
		at = filepath.Join(result.Attempts(dir, p.Name), "1")
	}
	must(t, os.MkdirAll(at, 0o755))
	rng := rand.New(rand.NewPCG(uint64(i), 7))
	last := s.steps
	switch status {
	case result.Done:
	case result.Stopped:
		last = s.search.Rungs[i%len(s.search.Rungs)]
	default:
		last = s.steps * (i%5 + 1) / 7
	}

	content, style := "content"+s.suffix, "style"+s.suffix
	columns := []string{"step", "evaluations", "rate", "total", content, style, "similarity"}
	for _, l := range layers {
		columns = append(columns, style+"."+l)
	}
	m, err := result.OpenTable(filepath.Join(at, result.MetricsFile), nil)
	must(t, err)
	defer m.Close()
	seconds, err := result.OpenTable(filepath.Join(at, result.TimesFile), nil)
	must(t, err)
	defer seconds.Close()
	weight := math.Pow(10, float64(i%5))
	var row []float64
	for step := 0; step <= last; step += s.every {
		x := float64(step) / float64(s.steps)
		noise := 1 + .04*rng.NormFloat64()
		styleLoss := (3*math.Exp(-9*x*(1+.2*float64(i%4))) + .1 + .04*float64(i%7)) * noise
		contentLoss := .5 * (1 - math.Exp(-6*x)) * (1 + .3*float64(i%3)) // zero at the start
		similarity := .2 + .7*(1-math.Exp(-4*x))
		row = []float64{float64(step), float64(step) * (1 + .25*float64(i%2)), .1, 0, contentLoss, styleLoss, similarity}
		row[3] = contentLoss + weight*styleLoss - .01*similarity
		for k := range layers {
			row = append(row, styleLoss*math.Pow(.6, float64(k)))
		}
		if status == result.Failed && step+s.every > last {
			row[3], row[5] = math.Inf(1), math.NaN()
		}
		must(t, m.Append(columns, row))
		must(t, seconds.Append(result.TimesColumns(), []float64{float64(step), float64(step) * (.05 + .01*float64(i%3))}))
	}
	must(t, os.WriteFile(filepath.Join(at, result.ConfigFile), []byte("name = 'synthetic'\n"+s.settings(p)), 0o644))
	if status != result.Failed || i%2 == 0 { // some runs fail before they have a picture
		must(t, os.WriteFile(filepath.Join(at, result.ImageFile), drawPicture(s.width, s.height, uint64(i), float64(last)/float64(s.steps)), 0o644))
	}

	if s.frames > 0 {
		must(t, os.MkdirAll(filepath.Join(at, result.FramesDir), 0o755))
		for step := 0; step <= last; step += s.frames {
			must(t, os.WriteFile(filepath.Join(at, result.FrameFile(step)), drawPicture(s.width, s.height, uint64(i), .5*float64(step)/float64(s.steps)), 0o644))
		}
	}
	if s.measured && (status == result.Done || status == result.Stopped) {
		s.measure(t, at, i, last, row[4], row[5])
	}
	started := time.Date(2026, 5, 4, 9, 30, i, 0, time.UTC)
	r := &result.Run{
		Name: p.Name, ID: p.ID, Attempt: "1", Status: status, Steps: last, Planned: s.steps, Evaluations: last * 5 / 4, Seconds: float64(last) * .06,
		Total: result.Float(row[3]), Width: s.width, Height: s.height, Started: started, Finished: started.Add(time.Minute),
		Terms: []result.Term{
			{Name: content, Weight: 1, Value: result.Float(row[4])},
			{Name: style, Weight: result.Float(weight), Value: result.Float(row[5])},
			{Name: "similarity", Weight: -.01, Value: result.Float(row[6])},
		},
		Provenance: result.Provenance{
			Program: "v0.1.0", Go: "go1.26.8", ISA: "avx2", Platform: "linux/amd64", Numerical: "1", Network: "pyramid",
			Files: []result.File{{Role: "content", Name: "harbour.png", SHA256: strings.Repeat("c0ffee", 11)[:64]}},
		},
	}
	switch status {
	case result.Stopped:
		r.Status, r.Pruned = result.Done, fmt.Sprintf("after %d of %d steps: gram_cosine 0.5 is number 9 of 9, and one of 3 goes on", last, s.steps)
		r.Stop = "stopped early " + r.Pruned
	case result.Done:
		r.Stop = fmt.Sprintf("all %d steps done", s.steps)
	case result.Failed:
		r.Failure = &result.Failure{Error: "the learning rate is too high for this weight" + s.suffix, Step: last, Term: style, Layer: "scale3"}
		if i%3 == 0 {
			r.Failure = &result.Failure{Error: "the image needs 3.1 GB and 2 GB are free"}
		}
	}
	if i%4 == 0 {
		r.Warnings = []string{"17 % of the pixels left the range 0 to 1 and were clipped" + s.suffix}
	}
	must(t, result.WriteRun(at, r))
	if s.search == nil {
		return
	}
	for _, rung := range s.search.Rungs {
		if rung <= last {
			must(t, search.Reach(dir, result.Rung{ID: p.ID, Step: rung, Values: []result.Float{result.Float(.3 + .5*float64(rung)/float64(s.steps) + .02*float64(i%7))}}))
		}
	}
}

// settings returns a configuration of the kind that runs write.
func (s synthetic) settings(p result.PlannedRun) string {
	if s.config != "" {
		return s.config
	}
	seed := p.Values["seed"]
	if seed == "" {
		seed = "1"
	}
	return fmt.Sprintf("seed = %s\n\n[loss.content]\nkind = \"content\"\nweight = 1.0\nreduce = \"mean\"\n\n[loss.style]\nkind = \"gram\"\nweight = 100.0\nlayers = {scale1 = 0.2, scale2 = 0.2}\n\n"+
		"[start]\nfrom = \"content\"\n\n[optimizer]\nkind = \"adam\"\n\n[schedule]\nkind = \"constant\"\nrate = 0.1\n\n[run]\nsteps = %d\nproject = false\n", seed, s.steps)
}

// measure writes the measures of a completed run.
func (s synthetic) measure(t testing.TB, at string, i, last int, content, style float64) {
	t.Helper()
	columns := []string{"step", result.YardstickColumn(result.YardstickContent, "scale3"), result.YardstickColumn(result.YardstickStyle, "scale1")}
	w, err := result.OpenTable(filepath.Join(at, result.YardstickFile), nil)
	must(t, err)
	defer w.Close()
	for step := 0; step <= last; step += 4 * s.every {
		x := float64(step) / float64(s.steps)
		must(t, w.Append(columns, []float64{float64(step), 20 * content * x, 500 * style / (x + .1)}))
	}
	own := result.Float(.01)
	m := &result.Measures{Step: last, Yardstick: &result.Yardstick{ID: "f00d", Network: "pyramid", About: "a pyramid of random filters", Size: 256, Width: s.width, Height: s.height},
		Measures: []result.Measure{
			{Name: "content_cosine", Value: result.Float(1 - content/2), Unit: "cosine", Group: result.GroupContent, Better: result.Higher},
			{Name: "gram_cosine", Value: result.Float(1 - style/2), Unit: "cosine", Group: result.GroupStyle, Better: result.Higher},
			{Name: "gram_cosine", Layer: "scale1", Value: result.Float(1 - style/3), Unit: "cosine", Group: result.GroupStyle, Better: result.Higher, HeldOut: true},
			{Name: "clipped", Value: result.Float(.02 + .2*float64(i%3/2)), Unit: "share of values, 0 to 1", Group: result.GroupNoise, Better: result.Lower, OfContent: &own},
		}}
	for k, l := range layers {
		share := result.Float(.15)
		if i%5 == 1 {
			share = result.Float([]float64{.97, .01, 0, 0, .01}[k])
		}
		m.Shares = append(m.Shares, result.Share{At: result.AtStart, Term: "style" + s.suffix, Layer: l, Gradient: share})
	}
	must(t, result.WriteMeasures(at, m))
}

var drawn = map[string][]byte{}

// drawPicture draws swirling stripes over a gradient. A wide sweep repeats some of its
// pictures.
func drawPicture(width, height int, seed uint64, strength float64) []byte {
	seed %= 24
	name := fmt.Sprint(width, height, seed, strength)
	if drawn[name] != nil {
		return drawn[name]
	}
	rng := rand.New(rand.NewPCG(seed, 3))
	a, b, c, p := rng.Float64()*6, rng.Float64()*6, rng.Float64()*6, 4+rng.Float64()*14
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			u, v := float64(x)/float64(width), float64(y)/float64(height)
			w := math.Sin(p*(u+.3*math.Sin(5*v+a))+a) * math.Cos(p*(v+.3*math.Sin(4*u+b))+b) * (.3 + strength)
			at := func(k float64) uint8 {
				return uint8(255 * min(max(.5+.3*math.Sin(3*v+2*u+k)+.3*w*math.Cos(k+4*w)+.02*rng.NormFloat64(), 0), 1))
			}
			m.SetRGBA(x, y, color.RGBA{at(a), at(b), at(c), 255})
		}
	}
	var out bytes.Buffer
	_ = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, m)
	drawn[name] = out.Bytes()
	return drawn[name]
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func axis(key, label string, values ...string) result.Axis {
	return result.Axis{Key: key, Label: label, Values: values}
}

const evil = `</script><script>alert(1)</script><img src=x onerror=alert(2)>'&{{.}}-->`

// studies are the directories that the page must show correctly.
func studies() map[string]synthetic {
	some := func(i int) result.Status {
		return []result.Status{result.Done, result.Done, result.Failed, result.Done, result.Running, result.Done, result.Interrupted, result.Waiting}[i%8]
	}
	var many, columns []string
	for i := range 20 {
		many = append(many, fmt.Sprint(i+1))
	}
	for i := range 10 {
		columns = append(columns, fmt.Sprintf("1e%d", i-5))
	}
	small := synthetic{steps: 200, every: 5, width: 240, height: 180}
	of := func(s synthetic, change func(*synthetic)) synthetic { change(&s); return s }
	return map[string]synthetic{
		"one": of(small, func(s *synthetic) { s.title = "One picture" }),
		"six": of(small, func(s *synthetic) {
			s.title, s.inputs = "Three paintings at two weights", true
			s.description = "How much of a painting comes through, and how much of the photograph stays, when the style weighs ten times as much?"
			s.axes = []result.Axis{axis("images.style", "style", "swirls", "mosaic", "charcoal"), axis("loss.style.weight", "style weight", "100", "1000")}
		}),
		"line": of(small, func(s *synthetic) {
			s.title, s.inputs = "Learning rates", true
			s.axes = []result.Axis{axis("schedule.rate", "rate", "0.01", "0.02", "0.05", "0.1", "0.2")}
		}),
		"twenty": of(small, func(s *synthetic) {
			s.title, s.description = "Gatys’ figure 3", "Style layers cumulated downwards, the ratio of content to style across."
			s.axes = []result.Axis{axis("loss.style.layers", "layers", "conv1_1", "to conv2_1", "to conv3_1", "to conv4_1", "to conv5_1"), axis("ratio", "content / style", "1e-5", "1e-4", "1e-3", "1e-2")}
			s.status, s.frames, s.measured, s.inputs = some, 40, true, true
		}),
		"multiples": of(small, func(s *synthetic) {
			s.title = "Three axes"
			s.axes = []result.Axis{axis("optimizer.kind", "optimizer", "adam", "lbfgs"), axis("rate", "", "0.02", "0.1", "0.5"), axis("network.pooling", "pooling", "max", "average")}
		}),
		"hundreds": of(small, func(s *synthetic) {
			s.title, s.width, s.height, s.steps, s.every, s.measured = "A wide sweep", 240, 180, 300, 3, true
			s.axes = []result.Axis{axis("seed", "", many...), axis("loss.style.weight", "style weight", columns...)}
		}),
		"hostile": of(small, func(s *synthetic) {
			s.title, s.suffix, s.inputs = "A title that is far too long to be one "+evil+`"`, evil, true
			s.description = strings.Repeat("word ", 60) + strings.Repeat("x", 200)
			s.axes = []result.Axis{axis("images.style", evil+`"`, evil, "b"+evil), axis(evil, "", `"'`+evil, "javascript:alert(3)", "c")}
			s.status = func(i int) result.Status { return []result.Status{result.Failed, result.Done, result.Running}[i%3] }
		}),
		"search": of(small, func(s *synthetic) {
			s.title, s.measured = "A search", true
			s.axes = []result.Axis{axis("loss.style.weight", "style weight", "1", "3", "10", "30", "100"), axis("optimizer.kind", "optimizer", "adam", "lbfgs", "sgd", "momentum")}
			s.search = &result.Search{Method: "tpe", Maximize: []string{"gram_cosine"}, Subject: map[string]string{"content_cosine": ">= 0.65"}, Budget: "30 runs", Prune: "halving", Rungs: []int{20, 60}, Keep: 3}
			s.status = func(i int) result.Status {
				return []result.Status{result.Done, result.Stopped, result.Done, result.Done, result.Stopped, result.Done, result.Failed}[i%7]
			}
		}),
		"front": of(small, func(s *synthetic) {
			s.title, s.measured, s.name = "A search for a front", true, "front"
			s.axes = []result.Axis{axis("loss.style.weight", "style weight", "1", "3", "10", "30", "100"), axis("optimizer.kind", "optimizer", "adam", "lbfgs", "sgd", "momentum")}
			s.search = &result.Search{Method: "sobol", Maximize: []string{"gram_cosine", "content_cosine"}, Budget: "20 runs"}
		}),
		"waiting": of(small, func(s *synthetic) {
			s.title, s.runs = "Nothing yet", 4
			s.status = func(int) result.Status { return result.Waiting }
		}),
		"failed": of(small, func(s *synthetic) {
			s.title, s.axes = "All failed", []result.Axis{axis("rate", "", "10", "100", "1000")}
			s.status = func(int) result.Status { return result.Failed }
		}),
	}
}

var look = flag.String("look", "", "directory into which to write the synthetic experiments with their reports, to be looked at")

func TestLook(t *testing.T) {
	if *look == "" {
		t.Skip("for people: go test -run Look -look DIR")
	}
	for name, s := range studies() {
		dir := filepath.Join(*look, name)
		must(t, os.RemoveAll(dir))
		must(t, os.MkdirAll(dir, 0o755))
		s.make(t, dir)
		start := time.Now()
		must(t, Write(dir))
		info, err := os.Stat(filepath.Join(dir, result.IndexFile))
		must(t, err)
		t.Logf("%s: %.1f MB in %v", name, float64(info.Size())/1e6, time.Since(start).Round(time.Millisecond))
	}
}
