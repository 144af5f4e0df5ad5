package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/fixture"
)

// No run has a label that says what the run does not do: a value that something later
// overrides is rejected, whatever overrides it and in whatever order.
func TestOverriddenValues(t *testing.T) {
	const losses = fixture.Pictures + "[loss.content]\n[loss.style]\nweight = 1\n" // lines 1 to 7
	for _, test := range []struct {
		name, sweep string
		set         []string
		want        []string // parts of the error; none: accepted
	}{
		{"a table over its key", "[sweep.axes]\n'loss.style.weight' = [5, 50]\nloss.style = {g = {weight = 1}}\n", nil,
			[]string{"a.toml:9:1: sweep.axes.loss.style.weight: found loss.style.weight = 5 of the axis", "the axis loss.style overrides"}},
		{"a key over its table", "[sweep.axes]\n'loss.style' = {g = {weight = 1}}\n'loss.style.weight' = [5, 50]\n", nil,
			[]string{"sweep.axes.loss.style: found loss.style.weight = 1 of the axis loss.style"}},
		{"other keys of one table", "[sweep.axes]\n'loss.style' = {g = {reduce = 'mean'}}\n'loss.style.weight' = [5, 50]\n", nil, nil},
		{"the table of the table", "[sweep.axes]\n'loss.style.weight' = [5, 50]\n'loss' = {a = {style.weight = 1}, b = {content.weight = 2}}\n", nil,
			[]string{"sweep.axes.loss.style.weight", "the axis loss overrides"}},
		{"weight and share", "[sweep.axes]\n'loss.style.weight' = [5, 50]\n'loss.style.share' = [0.1, 0.2]\n", nil,
			[]string{"sweep.axes.loss.style.weight", "loss.style.share = 0.1"}},
		{"sizes and the least size", "[sweep.axes]\n'stages.from' = [24, 26]\n'stages.sizes' = {a = [24, 32]}\n", nil,
			[]string{"sweep.axes.stages.from", "stages.sizes = 24+32"}},
		{"sizes over the least size", "[stages]\nfrom = 24\nfactor = 1.3\n", []string{"stages.sizes=[24, 32]"}, nil},
		{"the least size over sizes", "[stages]\nsizes = [28, 32]\n", []string{"stages.from=24"}, nil},
		{"a setting that replaces the axis", "[sweep.axes]\n'stages.from' = [24, 26]\n", []string{"stages.sizes=[24, 32]"}, nil},
		{"a kind that has no such key", "[sweep.axes]\n'optimizer.history' = [5, 6]\n'optimizer.kind' = ['lbfgs', 'adam']\n", nil,
			[]string{"sweep.axes.optimizer.history", `optimizer.kind = "adam" of the axis optimizer.kind overrides`}},
		{"a loss taken away", "[sweep.axes]\n'loss.style.weight' = [5, 6]\n'loss.style' = {on = {}, off = false}\n", nil,
			[]string{"sweep.axes.loss.style.weight", "loss.style = false"}},
		{"a loss brought back", "[sweep.axes]\n'loss.style' = {on = {}, off = false}\n'loss.style.weight' = [5, 6]\n", nil,
			[]string{"sweep.axes.loss.style: found loss.style = false", "loss.style.weight = 5"}},
		{"pictures and their table", "[sweep.axes]\n'images.style' = ['s.png', 'c.png']\nimages = {a = {style = 'c.png'}}\n", nil,
			[]string{"sweep.axes.images.style"}},
		{"zip", "[sweep]\nmethod = 'zip'\n[sweep.axes]\n'loss.style.weight' = [5, 6]\nloss.style = {a = {}, b = {weight = 7}}\n", nil,
			[]string{"sweep.axes.loss.style.weight: found loss.style.weight = 6"}},
		{"random", "[sweep]\nmethod = 'random'\nsamples = 4\n[sweep.axes]\n'loss.style.weight' = {min = 1, max = 5}\nloss.style = {a = {weight = 7}, b = {weight = 8}}\n", nil,
			[]string{"sweep.axes.loss.style.weight", "the axis loss.style overrides"}},
		{"equal values", "[sweep.axes]\n'loss.style.weight' = [5]\nloss.style = {g = {weight = 5.0}}\n", nil, nil},
		{"a listed run", "[sweep.runs]\na = {'loss.style.weight' = 5, loss = {style = {weight = 7}}}\n", nil,
			[]string{"a.toml:9:6: sweep.runs.a.loss.style.weight: found loss.style.weight = 5, which loss overrides; expected each key once in a run"}},
		{"a list of runs", "[[sweep.runs]]\n'optimizer.history' = 5\n'optimizer.kind' = 'adam'\n", nil,
			[]string{"sweep.runs.optimizer.history", `optimizer.kind = "adam"`}},
		{"a preset below an axis", "[sweep.axes]\nbase = ['preset:pyramid']\n'loss.style.weight' = [5, 6]\n", nil, nil},
		{"a setting of the axis", "[sweep.axes]\n'loss.style.weight' = [5, 6]\n", []string{"loss.style.weight=7"}, nil},
		{"a setting of a part of the axis", "[sweep.axes]\noptimizer = {a = {kind = 'adam'}, b = {kind = 'lbfgs'}}\n", []string{"optimizer.kind=rmsprop"},
			[]string{"sweep.axes.optimizer", "--set optimizer.kind=rmsprop overrides", "--set sweep=false"}},
		{"a setting that drops the axis' key", "[sweep.axes]\n'optimizer.history' = [5, 6]\n", []string{"optimizer={kind='adam'}"}, nil},
		{"two settings of a key", "", []string{"run.steps=4", "run.steps=5"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(fixture.Project(t, losses+test.sweep), test.set...)
			if len(test.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatal("accepted")
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("no %q in\n%v", part, err)
				}
			}
			if n := strings.Count(err.Error(), "\n") + 1; n > 2 {
				t.Errorf("%d errors for one conflict:\n%v", n, err)
			}
		})
	}
}

// Runs that make one picture under several names are announced, whatever they differ in.
func TestRepeatedRuns(t *testing.T) {
	const losses = fixture.Pictures + "[loss.content]\n[loss.style]\n"
	for _, test := range []struct{ sweep, want string }{
		{"[sweep.axes]\n'run.memory' = ['default', 'low']\n", "the run default and the run low make the same picture: they differ only in run.memory, which here changes no pixel"},
		{"[sweep.axes]\n'log.every' = [1, 2, 3]\n", "(and 1 more runs repeat another one)"},
		{"[sweep.runs]\na = {}\nb = {optimizer.kind = 'lbfgs'}\n", "the run a and the run b make the same picture: what they set"},
		{"[sweep]\nmethod = 'zip'\n[sweep.axes]\nseed = [1, 1]\n", "all their values are equal"},
		{"[sweep.axes]\nrun.steps = [1, 2]\n", ""},
	} {
		got := strings.Join(planOf(t, losses+test.sweep).Warnings(), "\n")
		if !strings.Contains(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s\nwarns %q, want %q", test.sweep, got, test.want)
		}
	}
}

// Labels are printed, head columns and become parts of names.
func TestLabels(t *testing.T) {
	const losses = fixture.Pictures + "[loss.content]\n[loss.style]\n"
	for text, want := range map[string]string{
		"[sweep.runs]\n'' = {}\nb = {seed = 2}\n":                        "sweep.runs: found a name without letters",
		"[sweep.axes]\nseed = {\"\" = 1}\n":                              "sweep.axes.seed: found a name without letters",
		"[sweep.axes]\nseed = {\"a\\nb\" = 1}\n":                         "with a character that cannot be printed",
		"[sweep.axes]\nseed = {\"a\\u202Eb\" = 1}\n":                     "with a character that cannot be printed",
		"[sweep.axes]\nseed = {' a' = 1}\n":                              "with spaces around it",
		"[sweep.axes]\nseed = {a = 1, A = 2}\n":                          `found the names "a" and "A"`,
		"[sweep.axes]\nseed = {\"\\u00e9\" = 1, \"e\\u0301\" = 2}\n":     "names that differ in more than upper and lower case",
		"[sweep.axes]\nseed = {" + strings.Repeat("x", 101) + "= 1}\n":   "a name of 101 characters",
		"[sweep.axes]\nseed = {con = 1, '../x' = 2, '-' = 3, 'ü' = 4}\n": "",
		"[sweep.axes]\ntitle = [1]\n":                                    "an axis over title",
	} {
		p, err := Read(fixture.Project(t, losses+text))
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s\nsaid %v, want %q", text, err, want)
		case want == "":
			for i, r := range p.Runs {
				if r.Values[0] != p.Axes[0].Labels[i] {
					t.Errorf("the run %s of %v", r.Name, p.Axes)
				}
			}
		}
	}
}

// A table with keys of a range of another program is not taken for named values.
func TestRangesWithWrongKeys(t *testing.T) {
	const losses = fixture.Pictures + "[loss.content]\n[loss.style]\n[sweep]\nmethod = '%s'\n%s[sweep.axes]\n'loss.style.weight' = %s\n"
	for _, test := range []struct {
		method, axis string
		accepted     bool
	}{
		{"random", "{low = 1, high = 10}", false},
		{"random", "{low = 1, high = 10, scale = 'log'}", false},
		{"random", "{from = 1, to = 10}", false},
		{"random", "{minimum = 1, maximum = 10}", false},
		{"random", "{minn = 1, maximun = 10, distribution = 'log'}", false},
		{"random", "{mu = 1, sigma = 2}", false},
		{"random", "{min = 1, maximum = 10}", false},
		{"random", "{a = 1, b = 10, dist = 'normal'}", false},
		{"grid", "{from = 1, to = 10}", false},
		{"grid", "{start = 1, stop = 10}", false},
		{"grid", "{begin = 1, end = 10}", false},
		{"grid", "{start = 1, stop = 10, num = 3}", false},
		{"grid", "{from = 1, to = 10, steps = 4}", false},
		{"grid", "{low = 1, high = 10, Count = 4}", false},
		{"random", "{first = 1, last = 10, n = 3}", false},
		{"grid", "{low = 1, mid = 3, high = 10}", true},
		{"grid", "{few = 1, steps = 5, many = 10}", true},
		{"random", "{light = 1, strong = 10}", true},
		{"random", "{low = 1, mid = 3, high = 10}", true},
		{"grid", "{low = 1, high = 10}", true},
		{"random", "{min = 1, max = 10}", true},
	} {
		samples := ""
		if test.method == "random" {
			samples = "samples = 2\n"
		}
		_, err := Read(fixture.Project(t, fmt.Sprintf(losses, test.method, samples, test.axis)))
		switch {
		case test.accepted && err != nil:
			t.Errorf("%s, %s: said %v", test.method, test.axis, err)
		case !test.accepted && (err == nil || !strings.Contains(err.Error(), "sweep.axes.loss.style.weight") || !strings.Contains(err.Error(), "min")):
			t.Errorf("%s, %s: said %v", test.method, test.axis, err)
		}
	}
}
