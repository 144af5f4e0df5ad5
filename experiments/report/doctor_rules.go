package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// Thresholds of the rules. They were chosen with the runs of testdata/doctor.zip, which
// have known faults or none (command doctorset); TestDoctorSet states how often each rule
// is right, also for pictures that were not used to choose them. A finding is a reason to
// look at the picture.
const (
	muchClipped  = 0.12 // of the values, beyond the clipped values of the content image
	ignored      = 0.80 // of a loss, left at the end
	lopsided     = 0.97 // of a term's gradient in one layer, at the start
	risen        = 1.5  // the last total divided by the smallest total before it
	falling      = 0.05 // the decrease of the total within the last tenth of the steps
	idleWithin   = 0.01 // of the last total: the total stays within it from idleFrom on
	idleFrom     = 0.33 // of the steps
	noEdges      = 0.10 // correlation of the edges of the picture with those of the content
	noFeatures   = 0.60 // content_cosine of a picture in which the content is not recognisable
	sameAsBefore = 0.98 // ssim with the content image at which a run began
	noStyle      = 0.25 // of the way from the content image's gram_cosine to 1
	noDecrease   = 0.05 // of the total, over a whole run
)

// rules, in order of severity: the worst first.
var rules = []rule{
	{"diverged", Bad, "Diverged", "A value became infinite or no number, and the run stopped there. The picture is the last one before.", diverged},
	{"failed", Bad, "Failed", "The run ended by an error that would come again.", failed},
	{"rising", Bad, "The loss rises", "The total was smaller before than it is at the end: the steps are too long.", rising},
	{"saturated", Warn, "Saturated", "Much of the picture lies at the limit of black or white: details are cut off there.", saturated},
	{"style-ignored", Warn, "Style ignored", "The style loss hardly fell: the picture keeps what it began with.", styleIgnored},
	{"content-lost", Warn, "Content lost", "Neither the edges nor the features of the content image are in the picture.", contentLost},
	{"nothing", Warn, "Nothing happened", "The picture is what the run began with.", nothing},
	{"lopsided", Warn, "One layer decides", "Nearly all of a term's gradient comes from one of its layers; the others have no effect.", oneLayer},
	{"early", Hint, "Stopped early", "The optimiser ended before all steps were done.", early},
	{"falling", Hint, "Not at its end", "The total was still falling when the steps were over.", unfinished},
	{"idle", Hint, "Longer than need be", "For two thirds of its steps the total hardly changed.", idle},
}

// slower returns the change that makes steps shorter.
func slower(r *run, i ill) ill {
	if r.searchless() {
		return i.change(r, "optimizer.line_search", `"strong-wolfe"`, "looks before it leaps: never takes a step that makes the loss rise")
	}
	if r.Settings.find("schedule.rate") == nil && r.Settings.find("schedule.rates") != nil {
		return i.change(r, "schedule.rates", "", "smaller rates make shorter steps")
	}
	return i.change(r, "schedule.rate", r.times("schedule.rate", .1), "a tenth of the rate makes steps a tenth as long")
}

func diverged(r *run) (ill, bool) {
	f := r.Run.Failure
	if r.Status != result.Failed || f == nil || f.Term == "" && f.Layer == "" {
		return ill{}, false
	}
	where := "the term " + f.Term
	if f.Layer != "" {
		where += " at the layer " + f.Layer
	}
	return slower(r, ill{Text: fmt.Sprintf("At step %d of %d, %s was not finite any more.", f.Step, r.Planned, where)}), true
}

func failed(r *run) (ill, bool) {
	if _, ok := diverged(r); ok || r.Status != result.Failed {
		return ill{}, false
	}
	return ill{Text: r.Problem()}, true
}

func rising(r *run) (ill, bool) {
	if r.Status != result.Done {
		return ill{}, false
	}
	total, steps := r.lastStage(result.ColumnTotal), r.lastStage(result.ColumnStep)
	if len(total) < 3 || steps == nil {
		return ill{}, false
	}
	low, last := 0, len(total)-1
	for i, v := range total {
		if v < total[low] {
			low = i
		}
	}
	// Ratios of totals below zero (if a term is maximised) have no meaning.
	if !(total[low] > 0) || !isNumber(total[last]) || total[last] < risen*total[low] {
		return ill{}, false
	}
	return slower(r, ill{Text: fmt.Sprintf("The total was %s at step %.0f and is %s at the end, %s times as much.",
		short(total[low]), steps[low], short(total[last]), short(math.Round(10*total[last]/total[low])/10))}), true
}

func saturated(r *run) (ill, bool) {
	m := r.Measures.Find("clipped")
	if m == nil || r.Status != result.Done {
		return ill{}, false
	}
	own := 0.
	if m.OfContent != nil && isNumber(float64(*m.OfContent)) {
		own = float64(*m.OfContent)
	}
	v := float64(m.Value)
	if !(v > own+muchClipped) {
		return ill{}, false
	}
	text := fmt.Sprintf("%s of the values are black or white to the limit", percent(v))
	if m.OfContent != nil {
		text += fmt.Sprintf(" (%s in the content image)", percent(own))
	}
	i := ill{Text: text + "."}
	for _, name := range r.lossesOf("variation") {
		return i.change(r, "loss."+name+".weight", r.times("loss."+name+".weight", 10), "keeps neighbouring pixels alike, and so away from the limits"), true
	}
	if r.Settings.text("run.project") == "false" {
		return i.change(r, "run.project", "true", "puts every pixel back between black and white after each step, so that the optimiser knows of the limits"), true
	}
	i = slower(r, i)
	return i, true
}

func styleIgnored(r *run) (ill, bool) {
	if r.hasFault(rising, nothing) || r.Status != result.Done || r.Settings.text("start.from") == "style" {
		return ill{}, false // a run that diverges has worse findings
	}
	for _, name := range r.lossesOf("style") {
		first, last := math.NaN(), math.NaN()
		for _, values := range r.byStage(name) { // a stage may begin with the style that the one before has made
			if len(values) < 2 {
				continue
			}
			if first, last = values[0], values[len(values)-1]; !(first > 0) || last < ignored*first {
				first = math.NaN()
				break
			}
		}
		if math.IsNaN(first) {
			continue
		}
		i := ill{Text: fmt.Sprintf("The %s loss went from %s to %s: %s of it is left.", name, short(first), short(last), percent(last/first))}
		if last > first {
			i.Text = fmt.Sprintf("The %s loss rose from %s to %s.", name, short(first), short(last))
		}
		key := "loss." + name + ".weight"
		return i.change(r, key, r.times(key, 10), "ten times the weight pulls ten times as hard"), true
	}
	return ill{}, false
}

// contentLost compares the picture with the content image. The content loss is no
// evidence: strong styles leave it as large as that of an empty picture where every edge
// is in its place.
func contentLost(r *run) (ill, bool) {
	if r.hasFault(rising, nothing) || r.Status != result.Done {
		return ill{}, false
	}
	edges, features := r.Measures.Find("gradient_correlation"), r.Measures.Find("content_cosine")
	if edges == nil || features == nil || !(float64(edges.Value) < noEdges && float64(features.Value) < noFeatures) {
		return ill{}, false
	}
	for _, name := range r.lossesOf("content") {
		key := "loss." + name + ".weight"
		return ill{Text: fmt.Sprintf("Its edges correlate with those of the content image by %s, and its features by %s.", short(float64(edges.Value)), short(float64(features.Value)))}.
			change(r, key, r.times(key, 10), "ten times the weight holds the content ten times as hard"), true
	}
	return ill{}, false
}

// nothing finds runs that end where they began.
func nothing(r *run) (ill, bool) {
	if r.Status != result.Done || r.hasFault(rising) {
		return ill{}, false
	}
	if strings.Contains(r.Run.Stop, "gradient") && r.Steps == 0 {
		i := ill{Text: "The gradient is zero at the start: " + strings.TrimSuffix(r.Run.Stop, ".") + "."}
		if from := r.text("start.from"); from == "content" || from == "style" {
			return i.change(r, "start.from", `"noise"`, "a loss is zero at the picture that it compares with; another start, or a loss that compares with another picture, has a gradient"), true
		}
		return i, true
	}
	total := r.Metrics.Column(result.ColumnTotal)
	if len(total) < 2 {
		return ill{}, false
	}
	first, last := total[0], total[len(total)-1]
	switch ssim := r.Measures.Find("ssim"); {
	case r.text("start.from") == "content" && ssim != nil && float64(ssim.Value) >= sameAsBefore && r.styleArrived() < noStyle && len(r.lossesOf("style")) > 0:
		return faster(r, ill{Text: fmt.Sprintf("The picture is the content image, with an SSIM of %s, and hardly has the style.", short(float64(ssim.Value)))}), true
	case r.Metrics.Column(result.ColumnStage) == nil && r.Steps >= 10 && r.text("start.from") != "file" && first > 0 && last <= first && first-last < noDecrease*first:
		return faster(r, ill{Text: fmt.Sprintf("The total went from %s to %s: it fell by %s in %d steps.", short(first), short(last), percent((first-last)/first), r.Steps)}), true
	}
	return ill{}, false
}

// styleArrived returns the part of the way from the content image's style to the
// painting's, or 0 if it is not known.
func (r *run) styleArrived() float64 {
	m := r.Measures.Find("gram_cosine")
	if m == nil || m.OfContent == nil || !(*m.OfContent < 1) {
		return 0
	}
	return float64((m.Value - *m.OfContent) / (1 - *m.OfContent))
}

// faster returns the change that makes steps longer.
func faster(r *run, i ill) ill {
	if r.searchless() {
		return i.change(r, "optimizer.line_search", `"strong-wolfe"`, "finds the length of each step itself")
	}
	if r.text("optimizer.kind") == "lbfgs" { // it has searched: the weights leave it nothing to do
		return i.change(r, "run.steps", r.times("run.steps", 4), "gives the optimiser more steps")
	}
	if r.Settings.find("schedule.rate") == nil && r.Settings.find("schedule.rates") != nil {
		return i.change(r, "schedule.rates", "", "larger rates make longer steps")
	}
	return i.change(r, "schedule.rate", r.times("schedule.rate", 10), "ten times the rate makes steps ten times as long")
}

// oneLayer looks at the start: near the end the layers that were fitted have small
// gradients, and any other may be left over.
func oneLayer(r *run) (ill, bool) {
	if r.Measures == nil || r.Status != result.Done {
		return ill{}, false
	}
	type part struct {
		sum, most float64
		layer     string
		layers    int
	}
	var order []string
	terms := map[string]*part{}
	for _, s := range r.Measures.Shares {
		if s.Layer == "" || s.At != result.AtStart || !isNumber(float64(s.Gradient)) {
			continue
		}
		p := terms[s.Term]
		if p == nil {
			p = &part{}
			terms[s.Term], order = p, append(order, s.Term)
		}
		p.layers++
		p.sum += float64(s.Gradient)
		if v := float64(s.Gradient); v > p.most {
			p.most, p.layer = v, s.Layer
		}
	}
	for _, name := range order {
		// If a term has only one layer, its weight decides, not a comparison of layers.
		p := terms[name]
		if p.layers < 2 || p.sum < .01 || !(p.most > lopsided*p.sum) {
			continue
		}
		i := ill{Text: fmt.Sprintf("%s of the gradient of the term %s comes from %s, one of its %d layers.", percent(p.most/p.sum), name, p.layer, p.layers)}
		return i.change(r, "loss."+name+".layers", "", "a smaller weight for "+p.layer+", or larger ones for the others; `nst explain` shows what each does"), true
	}
	return ill{}, false
}

func early(r *run) (ill, bool) {
	if r.Status != result.Done || r.Planned == 0 || r.Steps >= r.Planned || r.hasFault(nothing) {
		return ill{}, false
	}
	why := strings.TrimSpace(r.Run.Stop)
	if why == "" {
		why = "no reason is given"
	}
	i := ill{Text: fmt.Sprintf("Stopped after %d of %d steps: %s.", r.Steps, r.Planned, strings.TrimSuffix(why, "."))}
	// If the gradient is zero, no search finds a lower point.
	if !strings.Contains(why, "gradient") && r.searchless() {
		return i.change(r, "optimizer.line_search", `"strong-wolfe"`, "finds a lower point where a fixed step finds none"), true
	}
	return i.change(r, "run.steps", strconv.Itoa(max(1, r.Steps)), "says what was done; nothing more was to be had from this start"), true
}

func unfinished(r *run) (ill, bool) {
	total := r.lastStage(result.ColumnTotal)
	if r.Status != result.Done || r.Steps < r.Planned || len(total) < 8 || r.hasFault(rising, nothing) {
		return ill{}, false
	}
	before, last := total[len(total)-1-max(1, len(total)/10)], total[len(total)-1]
	if !(last > 0) || !isNumber(before) || before-last < falling*before {
		return ill{}, false
	}
	i := ill{Text: fmt.Sprintf("The total fell by %s within the last tenth of its steps.", percent((before-last)/before))}
	return i.change(r, "run.steps", r.times("run.steps", 2), "goes on to a lower loss"), true
}

func idle(r *run) (ill, bool) {
	v, ok := result.SpeedTo(r.Metrics, r.Times, result.ColumnTotal, idleWithin)
	if !ok || r.hasFault(nothing) || r.Status != result.Done || r.Steps < 40 || float64(v.Step) > idleFrom*float64(r.Steps) {
		return ill{}, false
	}
	if _, last, ok := r.ends(result.ColumnTotal); !ok || !(last > 0) {
		return ill{}, false
	}
	i := ill{Text: fmt.Sprintf("From step %d of %d on, the total stayed within 1 %% of its last value.", v.Step, r.Steps)}
	return i.change(r, "run.steps", strconv.Itoa(max(10, v.Step)), "saves the rest of the time, if the pictures agree"), true
}
