package report

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

// two makes two experiments. One varies a key that is constant in the other.
func two(t *testing.T) (root string, dirs []string) {
	t.Helper()
	root = t.TempDir()
	small := synthetic{steps: 20, every: 5, width: 16, height: 12}
	one, other := small, small
	one.name, one.axes = "one", []result.Axis{axis("schedule.rate", "rate", "0.1", "0.2")}
	one.config = "[schedule]\nrate = 0.1\n[optimizer]\nkind = \"adam\"\n"
	other.name, other.axes = "other", []result.Axis{axis("images.style", "style", "dusk", "waves")}
	other.measured = true
	other.config = "[schedule]\nrate = 0.2\n[optimizer]\nkind = \"lbfgs\"\n[log]\nevery = 2\n"
	for _, s := range []synthetic{one, other} {
		dir := filepath.Join(root, s.name)
		must(t, os.Mkdir(dir, 0o755))
		s.make(t, dir)
		dirs = append(dirs, dir)
	}
	return root, dirs
}

func TestTogether(t *testing.T) {
	_, dirs := two(t)
	s, err := open(dirs)
	must(t, err)
	var keys, others []string
	for _, a := range s.Varied {
		keys = append(keys, a.Key+"="+strings.Join(a.Values, ","))
	}
	for _, a := range s.Others {
		others = append(others, a.Key+"="+strings.Join(a.Values, ","))
	}
	if want := []string{"experiment=one,other", "schedule.rate=0.1,0.2", "images.style=dusk,waves"}; !slices.Equal(keys, want) {
		t.Errorf("varies %q, want %q", keys, want)
	}
	if want := []string{"optimizer.kind=adam,lbfgs"}; !slices.Equal(others, want) {
		t.Errorf("differs besides in %q, want %q", others, want)
	}
	if len(s.Runs) != 4 || s.Runs[2].Values["schedule.rate"] != "0.2" || s.Runs[0].Values["experiment"] != "one" {
		t.Errorf("runs %+v", s.Runs)
	}
	if e, err := result.Open(dirs[0]); err != nil || e.Runs[0].Values["experiment"] != "" {
		t.Errorf("the experiment itself has changed: %v, %v", e, err)
	}
}

func TestCompare(t *testing.T) {
	root, dirs := two(t)
	foreign := filepath.Join(root, "photos")
	must(t, os.Mkdir(foreign, 0o755))
	file := CompareFile(dirs...)
	if want := filepath.Join(root, "compare-one-other.html"); file != want {
		t.Errorf("the page would be %s, want %s", file, want)
	}
	must(t, Compare(file, append(dirs, foreign)...))
	data, err := os.ReadFile(file)
	must(t, err)
	for _, want := range []string{"photos is not an experiment", "./other/"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, result.IndexFile)); err == nil {
			t.Errorf("something was written into %s", dir)
		}
	}
	if err := Compare(file, foreign); err == nil {
		t.Error("a page of nothing")
	}
}

func TestComparePlace(t *testing.T) {
	_, dirs := two(t)
	e, err := result.Open(dirs[0])
	must(t, err)
	run := filepath.Join(dirs[0], e.Runs[0].Dir)
	must(t, os.Mkdir(filepath.Join(run, "deep"), 0o755))
	must(t, os.Symlink(run, filepath.Join(dirs[0], "link")))
	for _, file := range []string{
		filepath.Join(run, "x.html"), filepath.Join(run, "deep", "x.html"), filepath.Join(dirs[0], "link", "x.html"),
		filepath.Join(dirs[0], result.IndexFile), filepath.Join(dirs[0], result.PlanFile), filepath.Join(dirs[0], "no", "x.html"),
	} {
		if err := Compare(file, dirs...); err == nil {
			t.Errorf("written to %s", file)
		}
	}
	must(t, Compare(filepath.Join(dirs[0], "x.html"), dirs...))
}

// A key that depends on another key is not shown twice.
func TestOthersRepeatNothing(t *testing.T) {
	dir := t.TempDir()
	s := synthetic{steps: 10, every: 5, width: 8, height: 6, axes: []result.Axis{axis("seed", "", "1", "2")}}
	s.make(t, dir)
	e, err := result.Open(dir)
	must(t, err)
	for i, r := range e.Runs {
		text := strings.ReplaceAll("seed = N\n[start]\nseed = N\n[schedule]\nrate = N0\n", "N", []string{"1", "2"}[i])
		must(t, os.WriteFile(filepath.Join(dir, r.Dir, result.ConfigFile), []byte(text), 0o644))
	}
	others := newStudy(e).Others
	if len(others) != 1 || others[0].Key != "schedule.rate" {
		t.Errorf("%+v, want the rate alone", others)
	}
}

// Numbers of another yardstick are not drawn beside the rest: they have their own
// columns and series, and the page says why.
func TestYardsticksThatDoNotCompare(t *testing.T) {
	root, dirs := t.TempDir(), []string(nil)
	for i, stick := range []string{"pyramid", "vgg19"} {
		dir := filepath.Join(root, stick)
		must(t, os.Mkdir(dir, 0o755))
		s := synthetic{name: stick, steps: 20, every: 5, width: 16, height: 12, runs: 2 + i, measured: true}
		s.make(t, dir)
		e, err := result.Open(dir)
		must(t, err)
		for _, r := range e.Runs {
			r.Measures.Yardstick.ID, r.Measures.Yardstick.Network = stick, stick
			must(t, result.WriteMeasures(filepath.Join(dir, r.Dir), r.Measures))
			r.Run.Provenance.Network = stick
			must(t, result.WriteRun(filepath.Join(dir, r.Dir), r.Run))
		}
		dirs = append(dirs, dir)
	}
	s, err := open(dirs)
	must(t, err)
	m := newModel(s, root, &linked{base: root})
	for _, pair := range []string{"gram_cosine", "gram_cosine.scale1", "content_cosine", "term.style", "term.content"} {
		for nth, key := range []string{pair, pair + "@2"} {
			k := slices.IndexFunc(m.Columns, func(c column) bool { return c.Key == key })
			if k < 0 {
				t.Errorf("no column %s", key)
				continue
			}
			for i, r := range m.Runs {
				if has := isNumber(float64(r.Numbers[k])); has != ((i >= 2) == (nth == 0)) { // the three of vgg19 come first
					t.Errorf("run %d has a number in %s: %v", i, key, has)
				}
			}
		}
	}
	if slices.ContainsFunc(m.Columns, func(c column) bool { return c.Key == "clipped@2" }) {
		t.Error("what is taken from pixels alone is divided")
	}
	for _, key := range []string{"style", "style@2", "style.scale1", "style.scale1@2"} {
		if !slices.ContainsFunc(m.Series, func(q series) bool { return q.Key == key }) {
			t.Errorf("no series %s", key)
		}
	}
	k := slices.IndexFunc(m.Series, func(q series) bool { return q.Key == "style" })
	if y := m.Runs[0].Curves[0].Y[k]; y != nil {
		t.Errorf("a curve of another network: %v", y)
	}
	if text := strings.Join(m.Warnings, "\n"); !strings.Contains(text, "`nst measure DIR…`") || !strings.Contains(text, "3 with vgg19 at 256 pixels") {
		t.Errorf("the page does not say what compares: %s", text)
	}

	// One network and size with other layers, and a run that is done and was not measured.
	runs := s.Experiment.Runs
	for i := range runs {
		y := runs[i].Measures.Yardstick
		y.Network, y.Content, y.Style = "pyramid", []string{"scale3", "scale4"}, []string{"scale1"}
	}
	runs[4].Measures = nil
	text := strings.Join(result.ScaleNotes(runs), "\n")
	for _, want := range []string{"pyramid at 256 pixels (content at scale3, scale4; style at scale1; id vgg19)", "1 run is done and has no measures"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
}
