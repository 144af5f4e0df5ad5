package plan

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/search"
)

const searched = fixture.Pictures + "[loss.content]\n[loss.style]\n" // lines 1 to 6

// Each mistake in a search gives the place, what was found and what is accepted.
func TestBadSearch(t *testing.T) {
	const axes = "[sweep.axes]\n\"loss.style.weight\" = {min = 1, max = 9}\n"
	for _, test := range []struct{ name, text, want string }{
		{"no budget", "[sweep]\nmethod = 'tpe'\nmaximize = 'gram_cosine'\n" + axes, `7:1: sweep.budget: found a search without a budget; expected budget = 40, or budget = "3h"`},
		{"a budget of nothing", "[sweep]\nmethod = 'tpe'\nmaximize = 'gram_cosine'\nbudget = 0\n" + axes, `10:10: sweep.budget: found a budget of 0; expected 1 run or more`},
		{"a budget of no time", "[sweep]\nmethod = 'tpe'\nmaximize = 'gram_cosine'\nbudget = '0h'\n" + axes, `10:10: sweep.budget: found a budget of 0h; expected a time above 0`},
		{"a budget of words", "[sweep]\nmethod = 'tpe'\nmaximize = 'gram_cosine'\nbudget = 'much'\n" + axes, `10:10: sweep.budget: found a budget of "much"; expected a number of runs, or a time such as 3h or 90m`},
		{"no objective", "[sweep]\nmethod = 'tpe'\nbudget = 4\n" + axes, `7:1: sweep.maximize: found a search without an objective; expected maximize = "gram_cosine", or minimize = "style_distance"`},
		{"an objective that no run has", "[sweep]\nmethod = 'tpe'\nbudget = 4\nmaximize = 'gram_cosin'\n" + axes, `10:1: sweep.maximize: found the measure "gram_cosin", which no run has; expected gram_cosine (or another of content_distance, content_cosine, style_distance, gram_cosine,`},
		{"a bound of no measure", "[sweep]\nmethod = 'tpe'\nbudget = 4\nmaximize = 'gram_cosine'\nsubject = {beauty = '>= 1'}\n" + axes, `11:12: sweep.subject: found the measure "beauty", which no run has`},
		{"a bound without a relation", "[sweep]\nmethod = 'tpe'\nbudget = 4\nmaximize = 'gram_cosine'\nsubject = {content_cosine = '0.7'}\n" + axes, `11:29: sweep.subject: found the bound "0.7": expected >= or <= and a number; expected a bound such as ">= 0.7" or "<= 12"`},
		{"three objectives", "[sweep]\nmethod = 'tpe'\nbudget = 4\nmaximize = ['gram_cosine', 'content_cosine', 'ssim_content']\n" + axes, `10:1: sweep.maximize: found 3 measures; expected one measure, or two for the front between both`},
		{"two objectives for cmaes", "[sweep]\nmethod = 'cmaes'\nbudget = 4\nmaximize = ['gram_cosine', 'content_cosine']\n" + axes, `10:1: sweep.maximize: found two measures for the method cmaes; expected one measure, or method = "tpe"`},
		{"words for cmaes", "[sweep]\nmethod = 'cmaes'\nbudget = 4\nmaximize = 'gram_cosine'\n[sweep.axes]\n\"optimizer.kind\" = ['adam', 'lbfgs']\n", `12:1: sweep.axes.optimizer.kind: found values without an order for the method cmaes; expected numbers or a range, or method = "tpe"`},
		{"a range upside down", "[sweep]\nmethod = 'tpe'\nbudget = 4\nmaximize = 'gram_cosine'\n[sweep.axes]\n\"loss.style.weight\" = {min = 9, max = 1}\n", `12:23: sweep.axes.loss.style.weight: found min 9 and max 1; expected a min below the max`},
		{"a logarithmic range through zero", "[sweep]\nmethod = 'tpe'\nbudget = 4\nmaximize = 'gram_cosine'\n[sweep.axes]\n\"loss.style.weight\" = {min = 0, max = 1, distribution = 'log'}\n", `12:23: sweep.axes.loss.style.weight: found min 0 and max 1; expected a min above 0 for the distribution log`},
		{"an end that no run accepts", "[sweep]\nmethod = 'tpe'\nbudget = 4\nmaximize = 'gram_cosine'\n[sweep.axes]\n\"loss.style.weight\" = {min = -3, max = 1}\n", `loss.style.weight: found the number -3; expected a number of at least 0`},
		{"a normal distribution", "[sweep]\nmethod = 'tpe'\nbudget = 4\nmaximize = 'gram_cosine'\n[sweep.axes]\n\"loss.style.weight\" = {mean = 9, deviation = 1, distribution = 'normal'}\n", `12:23: sweep.axes.loss.style.weight: found a normal distribution in a search, which needs the ends of the range; expected min and max`},
		{"a budget for a grid", "[sweep]\nbudget = 4\n[sweep.axes]\n\"loss.style.weight\" = [1, 2]\n", `8:1: sweep.budget: found an option of the methods tpe, cmaes, sobol, ask, not of grid; expected method = "tpe", or no budget`},
		{"bounds alone", "[sweep]\nsubject = {content_cosine = '>= 0.7'}\n[sweep.axes]\n\"loss.style.weight\" = [1, 2]\n", `8:1: sweep.subject: found bounds without an objective; expected maximize or minimize`},
		{"pruning of nothing", "[sweep]\nprune = 'halving'\n[sweep.axes]\n\"loss.style.weight\" = [1, 2]\n", `8:1: sweep.prune: found a rule of pruning with 0 objectives; expected one measure, such as maximize = "gram_cosine"`},
		{"rungs that fall", "[sweep]\nmaximize = 'gram_cosine'\nprune = 'halving'\nrungs = [9, 3]\n[sweep.axes]\n\"loss.style.weight\" = [1, 2]\n", `10:1: sweep.rungs: found 3 after 9; expected steps in ascending order`},
		{"rungs above the end", "[run]\nsteps = 9\n[sweep]\nmaximize = 'gram_cosine'\nprune = 'halving'\nrungs = [3, 9]\n[sweep.axes]\n\"loss.style.weight\" = [1, 2]\n", `sweep.rungs: found rungs [3 9] for runs of 9 steps; expected rungs below the steps of a run`},
		{"votes to lose", "[sweep]\nmethod = 'tpe'\nbudget = 4\nminimize = 'votes'\n" + axes, `10:1: sweep.minimize: found the votes, which say what people prefer; expected maximize = "votes"`},
		{"a number of votes for a measure", "[sweep]\nmethod = 'tpe'\nbudget = 4\nmaximize = 'gram_cosine'\nvotes = 3\n" + axes, `11:1: sweep.votes: found a number of votes for a search that does not follow votes; expected maximize = "votes", or no votes`},
		{"pruning by votes", "[sweep]\nmethod = 'tpe'\nbudget = 4\nmaximize = 'votes'\nprune = 'halving'\n" + axes, `11:1: sweep.prune: found a rule of pruning with values from outside; expected a measure of the runs as the objective`},
		{"told and bounded", "[sweep]\nmethod = 'tpe'\nbudget = 4\nmaximize = 'told'\nsubject = {content_cosine = '>= 0.7'}\n" + axes, `10:1: sweep.maximize: found values that are told, together with measures`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(fixture.Project(t, searched+test.text))
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("said\n%s\nexpected\n%s", err, test.want)
			}
		})
	}
}

// A search plans no runs: its probes have each end and each value, and a point has a run
// whose labels lead back to the point.
func TestSearchPlan(t *testing.T) {
	p, err := Read(fixture.Project(t, searched+`[sweep]
method = "tpe"
budget = "90m"
maximize = "gram_cosine"
minimize = "content_distance"
seed = 7
[sweep.axes]
"loss.style.weight" = {min = 1, max = 1000, distribution = "log"}
"images.size" = {min = 24, max = 32, distribution = "int"}
"optimizer.kind" = ["adam", "lbfgs"]
"schedule.rate" = [0.1, 0.01]
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Runs) != 0 || len(p.Search.Probes) != 5 || len(p.Warnings()) != 0 {
		t.Errorf("%d runs, %d probes", len(p.Runs), len(p.Search.Probes))
	}
	if got := p.Settings.Objective.String(); got != "maximize gram_cosine and minimize content_distance" {
		t.Error(got)
	}
	point := search.Point{31.6, 27, 1, 0}
	r, err := p.Search.Run(p, point)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.Values, " "); got != "31.6 27 lbfgs 0.1" {
		t.Error(got)
	}
	back, err := p.Search.Point(r.Values)
	if err != nil || len(back) != 4 || back[0] != 31.6 || back[1] != 27 || back[2] != 1 || back[3] != 0 {
		t.Error(back, err)
	}
	r = p.Grow(r)
	if len(p.Runs) != 1 || r.Name == "" || len(r.Identity) != 64 || r.Config.Yardstick.Size == 0 || p.Axes[0].Labels[0] != "31.6" {
		t.Errorf("%+v", r)
	}
	if _, err := p.Search.Point([]string{"0.5", "27", "lbfgs", "0.1"}); err == nil {
		t.Error("a value outside of the range")
	}
	if p.Search.Space[3].Kind != search.Steps || p.Search.Space[3].Order[0] != 1 {
		t.Errorf("a list of numbers: %+v", p.Search.Space[3])
	}
	if _, err := Read(filepath.Join(filepath.Dir(p.File), "a.toml"), "sweep.method=grid"); err == nil {
		t.Error("ranges in a grid")
	}
}
