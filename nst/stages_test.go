package nst

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
)

// staged is small in three stages, two of them of one size.
func staged(optimizer Optimizer) *Transfer {
	t := small(optimizer)
	t.Steps, t.Stages = 0, []Stage{{Size: 17, Steps: 3}, {Size: 25, Steps: 2}, {Size: 25, Steps: 1}, {Steps: 3}}
	return t
}

// One stage is a run without stages, to the bit.
func TestOneStage(t *testing.T) {
	plain, err := small(&Adam{}).Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	tr := small(&Adam{})
	tr.Steps, tr.Stages = 0, []Stage{{Steps: 9}}
	one, err := tr.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(checkpointOf(t, one), checkpointOf(t, plain)) {
		t.Error("one stage ends otherwise than no stages")
	}
}

// A run in stages that is interrupted after any step, or on the way to the next stage,
// continues to the same bits.
func TestResumeStages(t *testing.T) {
	for name, optimizer := range optimizers() {
		t.Run(name, func(t *testing.T) {
			whole, err := staged(optimizer()).Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			want := checkpointOf(t, whole)
			for at := range 9 {
				for _, cancelled := range []bool{false, true} {
					ctx, cancel := context.WithCancel(context.Background())
					part, err := staged(optimizer()).Run(ctx, ObserverFunc(func(s *Step) error {
						if s.Step != at {
							return nil
						}
						if cancelled {
							cancel()
							return nil
						}
						return ErrStop
					}))
					cancel()
					if part == nil || part.Steps != at+1 || cancelled && !errors.Is(err, context.Canceled) || !cancelled && err != nil {
						t.Fatalf("interrupted at %d: %+v, %v", at, part, err)
					}
					var c Checkpoint
					if err := c.UnmarshalBinary(checkpointOf(t, part)); err != nil {
						t.Fatal(err)
					}
					tr := staged(optimizer())
					tr.Threads = 3
					rest, err := tr.Resume(context.Background(), &c)
					if err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(checkpointOf(t, rest), want) {
						t.Fatalf("interrupted at %d: the run ends otherwise", at)
					}
					trace := append(part.Trace, rest.Trace...)
					for i, r := range whole.Trace {
						r.Seconds, trace[i].Seconds = 0, 0
						if got, want := fmt.Sprint(trace[i]), fmt.Sprint(r); got != want {
							t.Fatalf("interrupted at %d: record %d is\n%s, want\n%s", at, i, got, want)
						}
					}
				}
			}
		})
	}
}

// Every stage shows losses the image and their targets at its own size.
func TestStagesResizeTargets(t *testing.T) {
	tr := staged(&SGD{})
	content, style := wave(33, 22, 20), wave(27, 31, 6)
	var seen []string
	tr.Objective = Objective{{Name: "own", Weight: 1, Loss: LossFunc{Layers: []string{"relu1_1"}, Targets: []*Image{content, style},
		Func: func(c *Context) (*gorgonia.Node, error) {
			w, h := c.Size()
			p, s := c.Target(content, "relu1_1"), c.Target(style, "relu1_1")
			seen = append(seen, fmt.Sprint(w, h, p.Width, p.Height, s.Width, s.Height))
			return c.FeatureDistance(c.Feature("relu1_1"), p, 1), nil
		}}}}
	tr.Width, tr.Height, tr.Start = 33, 22, FromImage(content)
	var stages, sizes []int
	result, err := tr.Run(context.Background(), ObserverFunc(func(s *Step) error {
		stages, sizes = append(stages, s.Stage), append(sizes, s.Image().Width)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"17 11 17 11 14 16", "25 17 25 17 20 23", "33 22 33 22 27 31"}; !slices.Equal(seen, want) {
		t.Errorf("sizes of image, content and style: %q, want %q", seen, want)
	}
	if want := []int{0, 0, 0, 1, 1, 2, 3, 3, 3, 3}; !slices.Equal(stages, want) {
		t.Errorf("stages of the steps: %v, want %v", stages, want)
	}
	if want := []int{17, 17, 17, 25, 25, 25, 33, 33, 33, 33}; !slices.Equal(sizes, want) {
		t.Errorf("widths: %v, want %v", sizes, want)
	}
	if result.Image.Width != 33 || result.Image.Height != 22 || result.Steps != 9 {
		t.Errorf("%d x %d after %d steps", result.Image.Width, result.Image.Height, result.Steps)
	}
}

// convergedAt is an optimiser that cannot resample and has nothing to do at one size.
type convergedAt struct {
	simple
	n     int
	inits []int
}

func (o *convergedAt) Init(n int) { o.inits = append(o.inits, n) }
func (o *convergedAt) Step(f Func, x []float32, rate float64) (Evaluation, error) {
	e, err := o.simple.Step(f, x, rate)
	if err == nil && len(x) == o.n {
		err = ErrConverged
	}
	return e, err
}

// A stage that converges hands over to the next; an optimiser that is no Resampler
// begins anew.
func TestStageConverges(t *testing.T) {
	o := &convergedAt{simple: simple{-1}, n: 3 * 17 * 11}
	result, err := staged(o).Run(context.Background())
	if err != nil || result.Reason != Completed || result.Steps != 9 || result.Trace[0].Step != 3 {
		t.Errorf("%+v, %v", result, err)
	}
	if want := []int{3 * 17 * 11, 3 * 25 * 17, 3 * 33 * 22}; !slices.Equal(o.inits, want) {
		t.Errorf("prepared for %v variables, want %v", o.inits, want)
	}
}

// Why does not repeat the reason, whatever an optimiser returns.
func TestWhyConverged(t *testing.T) {
	for want, o := range map[string]Optimizer{
		"":                                     &convergedAt{simple: simple{-1}, n: 3 * 33 * 22},
		"the gradient's greatest element is 0": &LBFGS{},
	} {
		tr := staged(o)
		tr.Stages = nil
		if _, ok := o.(*LBFGS); ok {
			flat := NewImage(33, 22)
			tr.Objective, tr.Start = Objective{{Name: "variation", Weight: 1, Loss: Variation{}}}, FromImage(flat)
		}
		if tr.Steps == 0 {
			tr.Steps = 3
		}
		result, err := tr.Run(context.Background())
		if err != nil || result.Reason != Converged || result.Why != want {
			t.Errorf("%v: %+v, want the reason %q", err, result, want)
		}
	}
}

func TestBadStages(t *testing.T) {
	for want, stages := range map[string][]Stage{
		"stage 1, the last, has a size of 20, the result has 33": {{Size: 20, Steps: 3}},
		"stage 1 has a size of 40, the result has 33":            {{Size: 40, Steps: 3}, {Size: 33, Steps: 3}},
		"stage 2 has a size of 16, less than stage 1":            {{Size: 20, Steps: 3}, {Size: 16, Steps: 3}, {Size: 0, Steps: 3}},
		"stage 1 has an image of 2 x 1":                          {{Size: 2, Steps: 1}, {Size: 0, Steps: 3}},
		"stage 2 has -1 steps":                                   {{Size: 20, Steps: 3}, {Size: 0, Steps: -1}},
		"stage 1 has a size of -1":                               {{Size: -1, Steps: 3}, {Size: 0, Steps: 1}},
	} {
		tr := small(&Adam{})
		tr.Steps, tr.Stages = 0, stages
		_, err := tr.Run(context.Background())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		checkPrefix(t, err)
	}
	tr := staged(&Adam{})
	tr.Steps = 4
	if _, err := tr.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "leave one of them out") {
		t.Errorf("steps and stages: error %v", err)
	}
	part, err := staged(&Adam{}).Run(context.Background(), stopAfter(4))
	if err != nil {
		t.Fatal(err)
	}
	c, err := part.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := small(&Adam{}).Resume(context.Background(), c); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("resumed without stages: error %v", err)
	}
}

// The reference is x/image's scaler behind Image.Resize, which works in 16 bits.
func TestResample(t *testing.T) {
	m := wave(31, 23, 9)
	for _, c := range []struct {
		k planeFilter
		f Interpolation
	}{{triangle, Bilinear}, {cubic, CatmullRom}} {
		for _, size := range [][2]int{{31, 23}, {62, 50}, {13, 9}, {40, 8}, {1, 1}} {
			want, err := m.Resize(size[0], size[1], c.f)
			if err != nil {
				t.Fatal(err)
			}
			for _, threads := range []int{1, 3} {
				got := make([]float32, len(want.Pix))
				resample(workers(threads), got, size[0], size[1], m.Pix, m.Width, m.Height, c.k)
				for i, v := range want.Pix {
					if math.Abs(float64(v-got[i])) > 2.0/65535 {
						t.Fatalf("%s to %v: value %d is %v, want %v", c.f, size, i, got[i], v)
					}
				}
			}
		}
	}
	// What is never negative stays so: the root of a mean square must exist.
	spike := make([]float32, 3*31*23)
	spike[100] = 1
	got := make([]float32, 3*50*40)
	resample(workers(1), got, 50, 40, spike, 31, 23, triangle)
	if low := slices.Min(got); low != 0 {
		t.Errorf("the lowest value is %v", low)
	}
}

func bytesOf(m *Image) []byte {
	var b bytes.Buffer
	_ = writeFloats(&b, m.Pix)
	return b.Bytes()
}

// ownStages has an objective for each stage: other weights, and targets of any size.
func ownStages(optimizer Optimizer) *Transfer {
	content, style := wave(33, 22, 20), wave(27, 31, 6)
	of := func(content, style *Image, weight float64) Objective {
		return Objective{
			{Name: "content", Weight: 1, Loss: Content{Target: content, Layers: Layers("relu1_1"), Reduce: Mean}},
			{Name: "style", Weight: weight, Loss: Gram{Target: style, Layers: Layers("relu1_1"), Normalize: ByPositions, Reduce: Mean}},
		}
	}
	t := small(optimizer)
	t.Objective, t.Start, t.Width, t.Height = of(content, style, 5), FromImage(content), 33, 22
	t.Steps, t.Average, t.Project = 0, 0.5, true
	t.Between = Between{Filter: Bicubic, Detail: true}
	t.Stages = []Stage{
		{Width: 16, Height: 11, Steps: 2, Rate: 3, Objective: func() (Objective, error) { return of(wave(16, 11, 20), wave(9, 8, 2), 2), nil }},
		{Width: 33, Height: 22, Steps: 2, Objective: func() (Objective, error) { return of(content, style, 3), nil }},
		{Steps: 2},
	}
	return t
}

func TestResumeOwnStages(t *testing.T) {
	for name, optimizer := range optimizers() {
		whole, err := ownStages(optimizer()).Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		rates := whole.Trace[0].Rate / whole.Trace[2].Rate
		if want := []float64{2, 3, 5}; whole.Trace[1].Terms[1].Weight != want[0] || whole.Trace[2].Terms[1].Weight != want[1] || whole.Final().Terms[1].Weight != want[2] || rates != 3 {
			t.Errorf("%s: weights or rates of the stages: %+v", name, whole.Trace)
		}
		for at := range 6 {
			part, err := ownStages(optimizer()).Run(context.Background(), stopAfter(at))
			if err != nil {
				t.Fatal(err)
			}
			var c Checkpoint
			if err := c.UnmarshalBinary(checkpointOf(t, part)); err != nil {
				t.Fatal(err)
			}
			rest, err := ownStages(optimizer()).Resume(context.Background(), &c)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(checkpointOf(t, rest), checkpointOf(t, whole)) {
				t.Fatalf("%s, interrupted at %d: the run ends otherwise", name, at)
			}
		}
	}
}

// A prepared transfer in stages runs as a transfer of its own, also with other images.
func TestPreparedStages(t *testing.T) {
	for name, make := range map[string]func() *Transfer{
		"own": func() *Transfer { t := ownStages(&Adam{}); t.Start = nil; return t }, "resized": func() *Transfer {
			t := ownStages(&Adam{})
			t.Start, t.Stages = nil, []Stage{{Size: 16, Steps: 2}, {Steps: 3}}
			return t
		}} {
		p, err := make().Prepare(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		same := func(want *Transfer) {
			t.Helper()
			whole, err := want.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				got, err := p.Run(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(bytesOf(got.Image), bytesOf(whole.Image)) {
					t.Errorf("%s: another picture", name)
				}
			}
		}
		same(make())
		if name == "own" {
			continue
		}
		photo, paint := wave(33, 22, 7), wave(27, 31, 11)
		if err := errors.Join(p.Set("content", photo), p.Set("style", paint)); err != nil {
			t.Fatal(err)
		}
		other := make()
		other.Objective[0].Loss = Content{Target: photo, Layers: Layers("relu1_1"), Reduce: Mean}
		other.Objective[1].Loss = Gram{Target: paint, Layers: Layers("relu1_1"), Normalize: ByPositions, Reduce: Mean}
		same(other)
	}
}

// With Detail a stage without steps hands over the new content itself.
func TestStageDetail(t *testing.T) {
	tr := ownStages(&Adam{})
	tr.Average, tr.Start, tr.Project, tr.Stages = 0, nil, false, []Stage{{Size: 16}, {Size: 25}, {}}
	r, err := tr.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	content := tr.Objective.content()
	for i, v := range content.Pix {
		if math.Abs(float64(r.Image.Pix[i]-v)) > 1e-5 {
			t.Fatalf("value %d is %v, the content has %v", i, r.Image.Pix[i], v)
		}
	}
}

// The filters that PyTorch has too.
func TestResampleTorch(t *testing.T) {
	data, err := os.ReadFile("testdata/resample/planes.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Cases []struct {
			Mode          string
			Width, Height int
			Values        []float32
		}
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 3*7*5)
	for i := range x {
		x[i] = float32(i*37%101-30) / 64
	}
	for _, c := range golden.Cases {
		f, err := planeFilters.of("filter", Interpolation(c.Mode))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(c.Values))
		resample(workers(1), got, c.Width, c.Height, x, 7, 5, f)
		for i, v := range c.Values {
			if math.Abs(float64(got[i]-v)) > 2e-6 {
				t.Fatalf("%s to %d x %d: value %d is %v, want %v", c.Mode, c.Width, c.Height, i, got[i], v)
			}
		}
	}
}
