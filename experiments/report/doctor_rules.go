package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// Thresholds of the rules. They are rules of thumb: a finding is only a reason to look
// at the picture.
const (
	muchClipped = 0.05 // of the values, beyond the clipped values of the content image
	ignored     = 0.80 // of a loss, left at the end
	lopsided    = 0.95 // of the gradient in one layer
	risen       = 1.5  // the last total divided by the smallest total before it
	falling     = 0.05 // the decrease of the total within the last tenth of the steps
	idleWithin  = 0.01 // of the last total: the total stays within it for most of the run
	idleFrom    = 0.50 // of the steps
)

// rules, in order of severity: the worst first.
var rules = []rule{
	{"diverged", Bad, "Diverged", "A value became infinite or no number, and the run stopped there. The picture is the last one before.", diverged},
	{"failed", Bad, "Failed", "The run ended by an error that would come again.", failed},
	{"rising", Bad, "The loss rises", "The total was smaller before than it is at the end: the steps are too long.", rising},
	{"saturated", Warn, "Saturated", "Much of the picture lies at the limit of black or white: details are cut off there.", saturated},
	{"style-ignored", Warn, "Style ignored", "The style loss hardly fell: the picture keeps what it began with.", styleIgnored},
	{"content-lost", Warn, "Content lost", "The content loss is as large as if nothing of the content were there.", contentLost},
	{"lopsided", Warn, "One layer decides", "Nearly all of the gradient comes from one layer; the others might as well not be there.", oneLayer},
	{"early", Hint, "Stopped early", "The optimiser ended before all steps were done.", early},
	{"falling", Hint, "Not at its end", "The total was still falling when the steps were over.", unfinished},
	{"idle", Hint, "Longer than need be", "For most of its steps the total hardly changed.", idle},
}

// slower returns the change that makes steps shorter.
func slower(r *run, i ill) ill {
	if r.Settings.text("optimizer.kind") == "lbfgs" && r.Settings.text("optimizer.line_search") != "strong-wolfe" {
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
	total, steps := r.Metrics.Column(result.ColumnTotal), r.Metrics.Column(result.ColumnStep)
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
	if _, up := rising(r); up || r.Status != result.Done || r.Settings.text("start.from") == "style" {
		return ill{}, false // a run that diverges has worse findings
	}
	for _, name := range r.lossesOf("gram", "covariance", "correlation", "mean-variance", "wasserstein", "sliced", "histogram") {
		first, last, ok := r.ends(name)
		if !ok || !(first > 0) || last < ignored*first || r.text("loss."+name+".maximize") == "true" {
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

func (r *run) text(key string) string { return r.Settings.text(key) }

func contentLost(r *run) (ill, bool) {
	if _, up := rising(r); up || r.Status != result.Done {
		return ill{}, false
	}
	for _, name := range r.lossesOf("content") {
		first, last, ok := r.ends(name)
		if !ok || r.text("loss."+name+".maximize") == "true" {
			continue
		}
		key := "loss." + name + ".weight"
		more := func(text string) (ill, bool) {
			return ill{Text: text}.change(r, key, r.times(key, 10), "ten times the weight holds the content ten times as hard"), true
		}
		switch {
		case r.text("loss."+name+".reduce") == "relative" && last >= 1:
			return more(fmt.Sprintf("The %s loss is %s, where 1 is as far off as nothing at all.", name, short(last)))
		case r.text("start.from") == "noise" && first > 0 && last >= ignored*first:
			return more(fmt.Sprintf("The %s loss went from %s to %s: the content never came out of the noise.", name, short(first), short(last)))
		}
	}
	return ill{}, false
}

func oneLayer(r *run) (ill, bool) {
	if r.Measures == nil {
		return ill{}, false
	}
	for _, at := range []string{result.AtEnd, result.AtStart} {
		layers := map[string]int{} // by term
		var most result.Share
		for _, s := range r.Measures.Shares {
			if s.At != at || s.Layer == "" {
				continue
			}
			layers[s.Term]++
			if s.Gradient > most.Gradient {
				most = s
			}
		}
		// If a term has only one layer, its weight decides, not a comparison of layers.
		if layers[most.Term] < 2 || !(float64(most.Gradient) > lopsided) {
			continue
		}
		i := ill{Text: fmt.Sprintf("At the %s, %s of the gradient comes from %s of the term %s.", at, percent(float64(most.Gradient)), most.Layer, most.Term)}
		return i.change(r, "loss."+most.Term+".layers", "", "a smaller weight for "+most.Layer+", or larger ones for the others; `nst explain` shows what each does"), true
	}
	return ill{}, false
}

func early(r *run) (ill, bool) {
	if r.Status != result.Done || r.Planned == 0 || r.Steps >= r.Planned {
		return ill{}, false
	}
	why := strings.TrimSpace(r.Run.Stop)
	if why == "" {
		why = "no reason is given"
	}
	i := ill{Text: fmt.Sprintf("Stopped after %d of %d steps: %s.", r.Steps, r.Planned, strings.TrimSuffix(why, "."))}
	// If the gradient is zero, no search finds a lower point.
	if !strings.Contains(why, "gradient") && r.Settings.text("optimizer.kind") == "lbfgs" && r.Settings.text("optimizer.line_search") != "strong-wolfe" {
		return i.change(r, "optimizer.line_search", `"strong-wolfe"`, "finds a lower point where a fixed step finds none"), true
	}
	return i.change(r, "run.steps", strconv.Itoa(max(1, r.Steps)), "says what was done; nothing more was to be had from this start"), true
}

func unfinished(r *run) (ill, bool) {
	total := r.Metrics.Column(result.ColumnTotal)
	if r.Status != result.Done || r.Steps < r.Planned || len(total) < 20 {
		return ill{}, false
	}
	before, last := total[len(total)-1-len(total)/10], total[len(total)-1]
	if !(last > 0) || !isNumber(before) || before-last < falling*before {
		return ill{}, false
	}
	i := ill{Text: fmt.Sprintf("The total fell by %s within the last tenth of its steps.", percent((before-last)/before))}
	return i.change(r, "run.steps", r.times("run.steps", 2), "goes on to a lower loss"), true
}

func idle(r *run) (ill, bool) {
	v, ok := result.SpeedTo(r.Metrics, r.Times, result.ColumnTotal, idleWithin)
	if !ok || r.Status != result.Done || r.Steps < 40 || float64(v.Step) > idleFrom*float64(r.Steps) {
		return ill{}, false
	}
	if _, last, ok := r.ends(result.ColumnTotal); !ok || !(last > 0) {
		return ill{}, false
	}
	i := ill{Text: fmt.Sprintf("From step %d of %d on, the total stayed within 1 %% of its last value.", v.Step, r.Steps)}
	return i.change(r, "run.steps", strconv.Itoa(max(10, v.Step)), "saves the rest of the time, if the pictures agree"), true
}
