package main

import (
	"fmt"
	"slices"
	"strings"
)

// A testCase is a run with the findings that the doctor should make about it.
type testCase struct {
	name     string
	want     []string // findings that are true by construction
	may      []string // findings that are defensible: neither right nor wrong
	tuned    bool     // its picture pair was used to choose thresholds
	content  string   // names of pictures in configs/pictures
	style    string
	settings []string
}

// base is a run without faults: the objective of configs/quickstart.toml, small.
const base = `name = "doctor"
[images]
content = %q
style = %q
size = 64
[network]
levels = 4
filters = 24
[loss.content]
weight = 0.4
layers = ["scale3", "scale4"]
reduce = "relative"
[loss.style]
kind = "gram"
weight = 30
layers = ["scale1", "scale2", "scale3", "scale4"]
normalize = "m"
reduce = "relative"
[loss.smooth]
kind = "variation"
weight = 2
reduce = "mean"
[start]
from = "content"
[optimizer]
kind = "lbfgs"
line_search = "strong-wolfe"
[run]
steps = 80
[log]
every = 1
checkpoint_seconds = 0
yardstick = 0
`

// pairs are the pictures. Thresholds were chosen with the first four pairs; the others
// only test them.
var pairs = [][2]string{
	{"town", "swirls"}, {"harbour", "dusk"}, {"town", "waves"}, {"harbour", "swirls"},
	{"town", "dusk"}, {"harbour", "waves"},
}

const tunedPairs = 4

// A kind is a change of the base that makes one fault, or none. It is made with some of
// the pairs.
type kind struct {
	name      string
	want, may string
	pairs     []int
	settings  string // separated by spaces
}

const (
	adam     = "optimizer.kind=adam schedule.rate=0.03 run.steps=160 "
	momentum = "optimizer.kind=sgd optimizer.momentum=0.9 "
	fixed    = "optimizer.line_search=fixed "
	noise    = "start.from=noise "
	late     = "optimizer.kind=adam schedule.kind=piecewise schedule.boundaries=[60] run.steps=80 "
)

var everyPair = []int{0, 1, 2, 3, 4, 5}

var kinds = []kind{
	// Healthy runs.
	{"healthy", "", "", everyPair, ""},
	{"healthy-light", "", "", everyPair, "loss.style.weight=10"},
	{"healthy-adam", "", "", everyPair, adam},
	{"healthy-noise", "", "", everyPair, noise + `loss.content.weight=5 loss.content.layers=["scale2","scale3"] run.steps=120`},
	{"healthy-one-layer", "", "", everyPair, `loss.style.layers=["scale2"]`},
	{"healthy-cosine", "", "", []int{0, 1, 4}, adam + "schedule.kind=cosine schedule.rate=0.06"},
	{"healthy-projected", "", "", []int{2, 5}, "run.project=true"},

	// Values that become infinite.
	{"diverged", "diverged", "saturated", []int{0, 4}, "optimizer.kind=sgd schedule.rate=1e30"},
	{"diverged-momentum", "diverged", "saturated", []int{1}, momentum + "schedule.rate=1e20"},

	{"diverged-sgd", "diverged", "saturated lopsided", []int{2}, momentum + "schedule.rate=3"},

	// Steps that become too long.
	{"rising", "rising", "saturated content-lost style-ignored lopsided", []int{1, 5}, late + "schedule.rates=[0.03,1]"},
	{"rising-less", "rising", "saturated content-lost style-ignored lopsided", []int{0, 2, 4}, late + "schedule.rates=[0.03,0.3]"},

	// Values at the limits of black and white.
	{"saturated-noise", "saturated", "falling content-lost style-ignored lopsided", []int{0, 3, 5}, noise + "start.scale=1 loss.smooth.weight=0 optimizer.kind=adam schedule.rate=0.002 run.steps=60"},
	{"saturated-steps", "saturated", "rising falling content-lost style-ignored lopsided", []int{0, 4, 5}, adam + "schedule.rate=1"},

	// A style that does not arrive.
	{"style-ignored", "style-ignored", "early idle", []int{1, 2, 4, 5}, "loss.style.weight=0.0003"},
	{"style-ignored-adam", "style-ignored", "idle falling", []int{0, 4}, adam + "loss.style.weight=0.0003"},

	// A content that goes, or never comes.
	{"content-gone", "content-lost", "", []int{0, 1, 4, 5}, "start.from=style loss.content.weight=0.0001"},
	{"content-never", "content-lost", "falling", []int{2, 3, 4}, noise + "loss.content.weight=0.0001"},

	// Layers of a term that have no effect.
	{"lopsided", "lopsided", "falling", []int{0, 2, 4, 5}, `loss.style.layers={scale1=0.0005,scale2=1,scale3=0.0005,scale4=0.0005} loss.content.weight=0.001 loss.smooth.weight=0.02`},
	{"lopsided-five", "lopsided", "falling", []int{1, 3, 4}, `loss.style.layers={scale1=1,scale2=0.0001,scale3=0.0001,scale4=0.0001}`},

	// Runs that end before their steps.
	{"early-converged", "early", "style-ignored nothing idle lopsided", []int{1, 5}, noise + "loss.style.weight=0 loss.content.weight=0 loss.smooth.weight=2 run.steps=3000"},

	// Runs that are too short.
	{"falling-adam", "falling", "content-lost style-ignored saturated lopsided", []int{0, 1, 4, 5}, noise + adam + "run.steps=20"},
	{"falling-lbfgs", "falling", "content-lost style-ignored saturated lopsided", []int{2, 3}, noise + "run.steps=10 loss.content.weight=1"},

	// Runs that are too long.
	{"idle-adam", "idle", "", []int{0, 4}, "images.size=48 " + adam + "schedule.kind=exponential schedule.decay=0.1 schedule.every=100 run.steps=600"},
	{"idle-lbfgs", "idle", "early", []int{1, 5}, "images.size=48 loss.style.weight=3 run.steps=600"},

	// Steps so short that the picture stays what it was, or no gradient.
	{"nothing-zero", "nothing", "early", []int{0, 4}, "loss.style.weight=0 loss.smooth.weight=0"},
	{"nothing-lbfgs", "nothing", "style-ignored falling", []int{0, 1, 4, 5}, fixed + "schedule.rate=0.0005 run.steps=40"},
	{"nothing-adam", "nothing", "style-ignored falling", []int{1, 3, 5}, adam + "schedule.rate=0.00002 run.steps=60"},
	{"nothing-noise", "nothing", "style-ignored content-lost saturated falling", []int{2, 4}, noise + adam + "schedule.rate=0.00002 run.steps=60"},
}

func cases() []testCase {
	var all []testCase
	for _, k := range kinds {
		for _, p := range k.pairs {
			all = append(all, testCase{
				name:     fmt.Sprintf("%s-%s-%s", k.name, pairs[p][0], pairs[p][1]),
				want:     strings.Fields(k.want),
				may:      strings.Fields(k.may),
				tuned:    p < tunedPairs,
				content:  pairs[p][0] + ".png",
				style:    pairs[p][1] + ".png",
				settings: later(k.settings),
			})
		}
	}
	return all
}

// later keeps the last of several settings of one key.
func later(settings string) []string {
	all := strings.Fields(settings)
	var kept []string
	for i, s := range all {
		key, _, _ := strings.Cut(s, "=")
		if !slices.ContainsFunc(all[i+1:], func(s string) bool { return strings.HasPrefix(s, key+"=") }) {
			kept = append(kept, s)
		}
	}
	return kept
}
