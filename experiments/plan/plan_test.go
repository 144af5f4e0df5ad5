package plan

import (
	"fmt"
	"github.com/gonst/workbench/nst"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/result"
)

// names returns the runs' names without their hashes.
func names(p *Plan) []string {
	var out []string
	for _, r := range p.Runs {
		out = append(out, r.Name[:len(r.Name)-ShortHash-1])
	}
	return out
}

func planOf(t *testing.T, text string, settings ...string) *Plan {
	t.Helper()
	p, err := Read(fixture.Project(t, text), settings...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMethods(t *testing.T) {
	const losses = fixture.Pictures + "[loss.content]\n[loss.style]\n"
	for _, test := range []struct {
		name, text string
		set        []string
		want       []string
	}{
		{"no sweep", losses, nil, []string{"a"}},
		{"grid, first axis slowest", losses + "[sweep.axes]\n'loss.style.weight' = [1, 1e3, 1e-5]\nseed = [1, 2]\n", nil, []string{
			"style.weight=1_seed=1", "style.weight=1_seed=2", "style.weight=1000_seed=1",
			"style.weight=1000_seed=2", "style.weight=1e-05_seed=1", "style.weight=1e-05_seed=2"}},
		{"unquoted axis", losses + "[sweep.axes]\nloss.style.weight = [1, 2]\nloss.content.weight = [3]\n", nil, []string{
			"style.weight=1_content.weight=3", "style.weight=2_content.weight=3"}},
		{"whole tables, named and not", losses + "[sweep.axes]\noptimizer = {fast = {kind = 'adam'}, good = {}}\n" +
			"schedule = [{kind = 'cosine', rate = 2}, {rate = 3}]\n", nil, []string{
			"optimizer=fast_schedule=cosine,rate=2", "optimizer=fast_schedule=rate=3",
			"optimizer=good_schedule=cosine,rate=2", "optimizer=good_schedule=rate=3"}},
		{"pictures and layers", losses + "[sweep.axes]\n'images.style' = ['s.png', 'styles/one.png', {'s.png' = 1, 'styles/two.png' = 2}]\n" +
			"'loss.style.layers' = ['scale1', ['scale1', 'scale2'], {scale3 = 2}]\n", nil, []string{
			"style=s_style.layers=scale1", "style=s_style.layers=scale1+scale2", "style=s_style.layers=scale3=2",
			"style=one_style.layers=scale1", "style=one_style.layers=scale1+scale2", "style=one_style.layers=scale3=2",
			"style=s=1,two=2_style.layers=scale1", "style=s=1,two=2_style.layers=scale1+scale2", "style=s=1,two=2_style.layers=scale3=2"}},
		{"a loss with and without", losses + "[sweep.axes]\n'loss.tv' = {without = false, with = {weight = 2}}\n", nil, []string{
			"tv=without", "tv=with"}},
		{"zip", losses + "[sweep]\nmethod = 'zip'\n[sweep.axes]\nseed = [1, 2]\nrun.steps = [5, 5]\n", nil, []string{
			"seed=1_steps=5", "seed=2_steps=5"}},
		{"named list", losses + "[sweep.runs]\nadam.optimizer.kind = 'adam'\nsgd = {optimizer = {kind = 'sgd'}, 'schedule.rate' = 3}\n", nil, []string{
			"adam", "sgd"}},
		{"list", losses + "[[sweep.runs]]\n'run.steps' = 3\nseed = 2\n[[sweep.runs]]\noptimizer.kind = 'adam'\n", nil, []string{
			"steps=3,seed=2", "optimizer=adam"}},
		{"set", losses + "[sweep.axes]\nseed = [1, 2]\n", []string{"sweep.axes.seed=[7]", "run.steps=4", "optimizer.kind=adam", "images.side=short"},
			[]string{"seed=7"}},
		{"set fixes an axis", losses + "[sweep.axes]\nseed = [1, 2]\nloss.style.weight = [3, 4]\n", []string{"seed=7"}, []string{
			"style.weight=3", "style.weight=4"}},
		{"set fixes the last axis", losses + "[sweep.axes]\nloss.style.weight = [3, 4]\n", []string{"loss.style={weight=1}"}, []string{"a"}},
		{"set takes a sweep away", losses + "[sweep.axes]\nseed = [1, 2]\n", []string{"sweep=false"}, []string{"a"}},
		{"unsafe labels", losses + "[sweep.axes]\nseed = [1]\n", []string{"sweep.axes={seed = {'../a b/' = 1, '..' = 2}}"},
			[]string{"seed=..-a-b", "seed="}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := planOf(t, test.text, test.set...)
			if got := names(p); !slices.Equal(got, test.want) {
				t.Errorf("runs\n%q, want\n%q", got, test.want)
			}
			for _, r := range p.Runs {
				if result.CheckName(r.Name) != nil || len(r.Values) != len(p.Axes) || len(r.Identity) != 64 || r.Config.Name != p.Name {
					t.Errorf("run %+v of axes %+v", r, p.Axes)
				}
				for i, v := range r.Values {
					if !slices.Contains(p.Axes[i].Labels, v) {
						t.Errorf("label %q is none of axis %+v", v, p.Axes[i])
					}
				}
			}
		})
	}
}

func TestOverridesReachTheRun(t *testing.T) {
	p := planOf(t, fixture.Pictures+`[loss.content]
[loss.style]
weight = 7
normalize = "nm"
layers = ["scale1", "scale2"]
[optimizer]
kind = "sgd"
momentum = 0.5
[schedule]
kind = "step"
rate = 3
factor = 0.5
[sweep.runs]
same  = {}
other = {optimizer = {kind = "lbfgs"}, loss.style = {kind = "covariance"}, schedule.kind = "constant"}
`, "run.steps=9", "title=bare", "optimizer.history=4", "sweep.runs.same.optimizer={kind='lbfgs', line_search='fixed'}")
	same, other := p.Runs[0].Config, p.Runs[1].Config
	if same.Title != "bare" || same.Run.Steps != 9 || other.Run.Steps != 9 {
		t.Errorf("settings did not reach the runs: %+v", same)
	}
	// Another kind drops the fields of the first kind, and keeps the fields of both.
	if want := (config.LBFGS{History: 4, LineSearch: nst.StrongWolfe, MaxEvaluations: 25}); *other.Optimizer.Options.(*config.LBFGS) != want {
		t.Errorf("optimizer %+v, want %+v", other.Optimizer, want)
	}
	if want := (config.LBFGS{History: 4, LineSearch: nst.FixedStep}); *same.Optimizer.Options.(*config.LBFGS) != want {
		t.Errorf("optimizer %+v, want %+v", same.Optimizer, want)
	}
	if s := other.Schedule; s.Rate != 3 || s.Kind != "constant" {
		t.Errorf("schedule %+v", s)
	}
	style := other.Losses[1]
	if style.Kind != "covariance" || style.Weight != 7 || len(style.Layers) != 2 {
		t.Errorf("style %+v", style)
	}
	if other.Losses[0].Name != "content" {
		t.Errorf("the order of losses is not the file's: %+v", other.Losses)
	}
}

func TestRandom(t *testing.T) {
	const text = fixture.Pictures + `[loss.content]
[loss.style]
[sweep]
method = "random"
samples = %d
[sweep.axes]
loss.style.weight = {min = 1, max = 1e4, distribution = "log"}
seed = {min = 1, max = 3, distribution = "int"}
run.steps = [5, 6]
loss.content.weight = {min = 0.5, max = 1.5}
start = {a = {}, b = {from = "noise"}}
`
	few, many := planOf(t, fmt.Sprintf(text, 8)), planOf(t, fmt.Sprintf(text, 40))
	if len(few.Runs) != 8 || len(many.Runs) != 40 {
		t.Fatalf("%d and %d runs", len(few.Runs), len(many.Runs))
	}
	seen := map[string]bool{}
	small := 0
	for i, r := range many.Runs {
		if i < 8 && few.Runs[i].Identity != r.Identity {
			t.Errorf("more samples changed run %d", i)
		}
		w := r.Config.Losses[1].Weight
		if w < 1 || w > 1e4 || r.Config.Seed < 1 || r.Config.Seed > 3 {
			t.Errorf("out of range: %v", r.Values)
		}
		if w < 100 {
			small++
		}
		seen[r.Identity] = true
	}
	if len(seen) != 40 {
		t.Errorf("%d different runs of 40", len(seen))
	}
	if small < 10 || small > 30 { // half of the logarithmic range is below 100
		t.Errorf("%d of 40 weights below 100", small)
	}
}

func TestIdentity(t *testing.T) {
	const text = "seed = 3\n" + fixture.Pictures + "[loss.content]\nweight = 2\nlayers = {scale1 = 1, scale2 = 2}\n[loss.style]\n"
	id := func(text string, settings ...string) string { return planOf(t, text, settings...).Runs[0].Identity }
	base := id(text)
	same := map[string]string{
		"the same elsewhere":   id(text), // in another directory
		"names and logging":    id(text, "name=other", "title=x", "log.every=7", "log.frames=2", "images.max_pixels=5000"),
		"order of keys":        id("[loss.content]\nlayers = {scale1 = 1, scale2 = 2}\nweight = 2.0\n[loss.style]\n[images]\nsize = 32\nstyle = 's.png'\ncontent = './c.png'\n", "seed=3"),
		"defaults written out": id(text, "optimizer.kind=lbfgs", "loss.style.kind=gram"),
		"the same as an axis":  id(strings.Replace(text, "weight = 2", "weight = 9", 1) + "[sweep.axes]\nloss.content.weight = [2]\n"),
	}
	for name, got := range same {
		if got != base {
			t.Errorf("%s: another identity", name)
		}
	}
	for name, got := range map[string]string{
		"weight":          id(text, "loss.content.weight=3"),
		"seed":            id(text, "seed=4"),
		"order of layers": id(text, "loss.content.layers={scale2 = 2, scale1 = 1}"),
		"order of losses": id("seed = 3\n" + fixture.Pictures + "[loss.style]\n[loss.content]\nweight = 2\nlayers = {scale1 = 1, scale2 = 2}\n"),
		"another picture": id(strings.Replace(text, "s.png", "styles/one.png", 1)),
		"optimizer":       id(text, "optimizer.history=21"),
	} {
		if got == base {
			t.Errorf("%s: the same identity", name)
		}
	}
}

// The config.toml in a run's directory describes the same run.
func TestConfigRunsAgain(t *testing.T) {
	file := fixture.Project(t, "base = 'sub/base.toml'\n[loss.style]\nweight = 2\n[sweep.axes]\nimages.style = ['s.png', ['styles/one.png', 's.png']]\n")
	dir := filepath.Dir(file)
	fixture.PutFile(t, filepath.Join(dir, "sub/base.toml"), "name = 'no'\ntitle = 'no'\n[images]\ncontent = '../c.png'\nsize = 32\n[loss.content]\n")
	p, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "a" || p.Title != "" {
		t.Errorf("inherited name %q and title %q", p.Name, p.Title)
	}
	for _, r := range p.Runs {
		at := filepath.Join(dir, "results", p.Name, r.Name)
		c := r.Config.Clone()
		c.Name = r.Name // as a run writes it
		text := c.TOML(at)
		if !strings.Contains(string(text), `"../../../c.png"`) {
			t.Errorf("paths are not relative:\n%s", text)
		}
		fixture.PutFile(t, filepath.Join(at, "config.toml"), string(text))
		again, err := Read(filepath.Join(at, "config.toml"))
		if err != nil {
			t.Fatal(err)
		}
		if got := again.Runs[0].Identity; got != r.Identity || again.Name != r.Name {
			t.Errorf("run again: identity %s and name %s, want %s and %s", got, again.Name, r.Identity, r.Name)
		}
	}
}
