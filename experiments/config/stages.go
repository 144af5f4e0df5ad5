package config

import (
	"fmt"
	"math"
	"slices"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// Stages are the sizes of a run from coarse to fine, and what differs between them. A
// list has one value for each stage; its last value also holds for all further stages.
// The zero value is a run without stages.
type Stages struct {
	From    int     // size of the first stage; 0 if Sizes are given
	Factor  float64 // between the sizes of two stages, with From
	Sizes   []int   // of all stages; the last is Images.Size
	Steps   []int   // empty: Run.Steps for each stage
	Rates   []float64
	Weights []StageWeights
	Style   StyleScale
	Filter  nst.Interpolation
	Detail  bool
	Carry   bool
}

// StageWeights are the factors on the weight of a loss, one for each stage.
type StageWeights struct {
	Loss    string
	Factors []float64
}

// StyleScale is the size of the style pictures in a stage.
type StyleScale string

const (
	Scaled StyleScale = "scaled" // in proportion to the stage's size
	Fixed  StyleScale = "fixed"  // that of the last stage
)

// mostStages is the largest number of stages.
const mostStages = 32

// Stage is one stage of a run.
type Stage struct {
	Size  int // of Images.Side
	Steps int
	Rate  float64 // factor on the rate of the schedule
}

func stageFields(c *Config, visit func(field.Field)) {
	s := &c.Stages
	visit(field.Whole("from", &s.From, 0, field.From(0, 100000)).
		Says("The least size of a stage, in pixels of the side that images.side names. The last stage has images.size, and each stage before it is smaller by factor, down to from; a result smaller than from has one stage. 0 means no stages, unless sizes gives them."))
	visit(field.Number("factor", &s.Factor, math.Sqrt2, field.From(1.05, 100)).
		Says("Factor between the sizes of two stages. The default is the square root of two."))
	visit(unlessEmpty(field.Wholes("sizes", &s.Sizes, field.From(2, 100000)), &s.Sizes).
		Says("Sizes of all stages, in place of from. They ascend, and the last is images.size."))
	visit(unlessEmpty(field.Wholes("steps", &s.Steps, field.From(1, mostSteps)), &s.Steps).
		Says("Steps of the stages; the last number holds for all further stages. Without it, each stage has run.steps."))
	visit(unlessEmpty(field.Numbers("rates", &s.Rates, field.Above(0)), &s.Rates).
		Says("Factors on the rate of the schedule in the stages; the last number holds for all further stages. The schedule itself counts the steps of all stages."))
	visit(stageWeights("weights", &s.Weights))
	visit(field.Choice("style", &s.Style, Scaled, Scaled, Fixed).
		Says("Size of the style pictures: in proportion to the stage (scaled), or the same in all stages (fixed)."))
	visit(field.Choice("filter", &s.Filter, nst.CatmullRom, nst.CatmullRom, nst.Bicubic, nst.Bilinear).
		Says("How the image is resampled for the next stage. bicubic overshoots more than catmullrom and is that of PyTorch."))
	visit(field.Flag("detail", &s.Detail, false).
		Says("Begin a stage from the resampled image plus the detail of the content: its picture at the new size minus its resampled picture at the old size."))
	visit(field.Flag("carry", &s.Carry, true).
		Says("Carry the optimiser's means to the next stage, resampled (Adam's mean squares bilinearly). lbfgs always begins anew."))
}

// unlessEmpty omits a list without elements when it is written.
func unlessEmpty[T any](f field.Field, p *[]T) field.Field {
	get := f.Get
	f.Get = func() any {
		if len(*p) == 0 {
			return nil
		}
		return get()
	}
	f.Default = nil
	return f
}

// stageWeights accepts a table of losses and their factors.
func stageWeights(name string, p *[]StageWeights) field.Field {
	want := "a table {loss = [factor, factor, …]}, each at least 0"
	return field.Of(name, want, p, nil, func(n *tree.Node) (all []StageWeights, err *field.Error) {
		t := n.Table()
		if t == nil {
			return nil, &field.Error{At: n}
		}
		for _, loss := range t.Keys {
			e := t.Nodes[loss]
			list, ok := e.Value.([]*tree.Node)
			if !ok {
				list = []*tree.Node{e}
			}
			w := StageWeights{Loss: loss}
			for _, v := range list {
				f, ok := tree.Float(v)
				if !ok || !field.AtLeast(0).Has(f) {
					return nil, &field.Error{At: v, Want: "a factor of at least 0"}
				}
				w.Factors = append(w.Factors, f)
			}
			if len(w.Factors) == 0 {
				return nil, &field.Error{At: e}
			}
			all = append(all, w)
		}
		return all, nil
	}, func(all []StageWeights) any {
		if len(all) == 0 {
			return nil
		}
		return all
	}).Accepts(field.Schema{"type": "object", "additionalProperties": field.ListOf(field.Schema{"type": "number", "minimum": 0})}).
		Says("Factors on the weights of losses in the stages, as {style = [1, 2]}; the last number holds for all further stages.")
}

// Staged reports whether the run has stages.
func (c *Config) Staged() bool { return c.Stages.From > 0 || len(c.Stages.Sizes) > 0 }

// StageList returns the stages of the run; one if it has no stages.
func (c *Config) StageList() []Stage {
	s := &c.Stages
	var all []Stage
	for i, size := range c.stageSizes() {
		all = append(all, Stage{size, at(s.Steps, i, c.Run.Steps), at(s.Rates, i, 1)})
	}
	return all
}

// stageSizes returns the sizes of the stages, at most mostStages and one more.
func (c *Config) stageSizes() []int {
	if len(c.Stages.Sizes) > 0 {
		return c.Stages.Sizes
	}
	sizes := []int{c.Images.Size}
	for i := 1; c.Stages.From > 0 && len(sizes) <= mostStages; i++ {
		// From the last size down, and halves to even, as crowson's program rounds.
		size := int(math.RoundToEven(float64(c.Images.Size) / math.Pow(c.Stages.Factor, float64(i))))
		if size < c.Stages.From {
			break
		}
		if size != sizes[len(sizes)-1] {
			sizes = append(sizes, size)
		}
	}
	slices.Reverse(sizes)
	return sizes
}

// at returns the value of a stage: the last value if the list is shorter, or otherwise if
// it is empty.
func at[T any](list []T, i int, otherwise T) T {
	if len(list) == 0 {
		return otherwise
	}
	return list[min(i, len(list)-1)]
}

// Steps returns the number of steps of the run, in all stages.
func (c *Config) Steps() int {
	n := 0
	for _, s := range c.StageList() {
		n += s.Steps
	}
	return n
}

// AtStage returns the configuration of a stage as a run without stages: with its size, its
// steps and its weights.
func (c *Config) AtStage(i int) *Config {
	d, s := c.Clone(), c.StageList()[i]
	d.Stages = Stages{}
	d.Run.Steps = s.Steps
	d.Images.Size = s.Size
	if c.Stages.Style == Fixed && c.Images.StyleSize == 0 {
		d.Images.StyleSize = c.Images.Size
	} else if c.Stages.Style != Fixed && c.Images.StyleSize > 0 {
		d.Images.StyleSize = max(1, int(math.RoundToEven(float64(c.Images.StyleSize)*float64(s.Size)/float64(c.Images.Size))))
	}
	for _, w := range c.Stages.Weights {
		for k := range d.Losses {
			if d.Losses[k].Name == w.Loss {
				d.Losses[k].Weight *= at(w.Factors, i, 1)
			}
		}
	}
	return d
}

// checkStages checks the keys of [stages] together.
func (d *decoder) checkStages(c *Config) {
	s, t := &c.Stages, d.root.Table().Get("stages").Table()
	report := func(key, found, want string) {
		d.problems.Add(d.root.Where("stages", key), "stages."+key, found, want)
	}
	if !c.Staged() {
		for _, key := range table(c, stageFields).Names() {
			if key != "from" && key != "sizes" && t.Get(key) != nil {
				report(key, "a key that needs stages", "from = 128, say, or sizes = [128, 256]")
			}
		}
		return
	}
	for _, key := range []string{"from", "factor"} {
		if len(s.Sizes) > 0 && t.Get(key) != nil && (key != "from" || s.From > 0) {
			report(key, key+" and sizes", "one of them: sizes gives every size itself")
		}
	}
	if s.From == 1 {
		report("from", "the number 1", "at least 2 pixels")
	}
	for i, size := range s.Sizes {
		switch {
		case i > 0 && size < s.Sizes[i-1]:
			report("sizes", fmt.Sprintf("%d after %d", size, s.Sizes[i-1]), "sizes that ascend: stages go from coarse to fine")
			return
		case i == len(s.Sizes)-1 && size != c.Images.Size:
			report("sizes", fmt.Sprintf("%d at the end, and images.size is %d", size, c.Images.Size), "images.size at the end")
		}
	}
	n := len(c.stageSizes())
	key := "factor"
	if len(s.Sizes) > 0 {
		key = "sizes"
	}
	if n > mostStages {
		report(key, fmt.Sprintf("more than %d stages", mostStages), fmt.Sprintf("at most %d", mostStages))
		return
	}
	count := func(key string, has int) {
		if t.Get(key) != nil && has == 0 {
			report(key, "an empty list", "a number for each stage, of which the last holds for all further ones")
		} else if has > n {
			report(key, fmt.Sprintf("%d numbers for %d stages (%s)", has, n, tree.Shorten(fmt.Sprint(c.stageSizes()))), "one for each stage at most")
		}
	}
	count("steps", len(s.Steps))
	if len(s.Steps) > 0 { // one configuration, whatever run.steps says
		c.Run.Steps = defaultSteps
	}
	count("rates", len(s.Rates))
	var losses []string
	for _, l := range c.Losses {
		losses = append(losses, l.Name)
	}
	for _, w := range s.Weights {
		if !slices.Contains(losses, w.Loss) {
			d.problems.Add(d.root.Where("stages", "weights", w.Loss), "stages.weights", "no loss "+tree.Shorten(tree.WriteString(w.Loss)), tree.OneOf(w.Loss, losses))
		}
		count("weights", len(w.Factors))
	}
	if c.Steps() > mostSteps {
		report("steps", fmt.Sprintf("%d steps in all", c.Steps()), fmt.Sprintf("at most %d", mostSteps))
	}
	if s.Detail && c.Images.Content == "" {
		report("detail", "true without a content picture", `content = "picture.png" in [images], or detail = false`)
	}
}
