package nst

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"gorgonia.org/gorgonia"
)

func wave(width, height int, period float64) *Image {
	m := NewImage(width, height)
	for i := range m.Pix {
		c, y, x := i/(width*height), i/width%height, i%width
		m.Pix[i] = float32(0.5 + 0.4*math.Sin((float64(x)+0.7*float64(y))*2*math.Pi/period+float64(c)))
	}
	return m
}

// small is a transfer that takes a fraction of a second.
func small(optimizer Optimizer) *Transfer {
	net, err := Open("vgg19", Options{Width: 1.0 / 16, Seed: 3})
	if err != nil {
		panic(err)
	}
	return &Transfer{
		Network: net,
		Objective: Objective{
			{Name: "content", Weight: 1, Loss: Content{Target: wave(33, 22, 20), Layers: Layers("relu2_2"), Reduce: Mean}},
			{Name: "style", Weight: 5, Loss: Gram{Target: wave(27, 31, 6), Layers: Layers("relu1_1", "relu2_1"),
				Normalize: ByEverything, Reduce: Relative}},
			{Name: "tv", Weight: 1e-3, Loss: Variation{}},
		},
		Optimizer: optimizer,
		Steps:     9,
		Project:   true,
	}
}

func optimizers() map[string]func() Optimizer {
	return map[string]func() Optimizer{
		"sgd":     func() Optimizer { return &SGD{Momentum: 0.5} },
		"adam":    func() Optimizer { return &Adam{} },
		"rmsprop": func() Optimizer { return &RMSProp{} },
		"lbfgs":   func() Optimizer { return &LBFGS{LineSearch: FixedStep} },
		"wolfe":   func() Optimizer { return &LBFGS{LineSearch: StrongWolfe} },
	}
}

func TestSameBitsForAnyNumberOfThreads(t *testing.T) {
	var want *Result
	for _, threads := range []int{1, 2, 3, 7} {
		tr := small(&LBFGS{LineSearch: FixedStep})
		tr.Threads = threads
		got, err := tr.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		for i := range want.Image.Pix {
			if got.Image.Pix[i] != want.Image.Pix[i] {
				t.Fatalf("%d threads: pixel %d is %v, with one thread %v", threads, i, got.Image.Pix[i], want.Image.Pix[i])
			}
		}
		if got.Final().Total != want.Final().Total {
			t.Fatalf("%d threads: total %v, with one thread %v", threads, got.Final().Total, want.Final().Total)
		}
	}
}

// An interrupted run continues to the same bits, wherever it was interrupted.
func TestResume(t *testing.T) {
	for name, optimizer := range optimizers() {
		t.Run(name, func(t *testing.T) {
			whole, err := small(optimizer()).Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			wholeEnd := checkpointOf(t, whole)
			for at := range 9 {
				stop := ObserverFunc(func(s *Step) error {
					if s.Record.Step == at {
						return ErrStop
					}
					return nil
				})
				part, err := small(optimizer()).Run(context.Background(), stop)
				if err != nil || part.Reason != Stopped || part.Steps != at+1 {
					t.Fatalf("stopped at %d: %d steps, %s, %v", at, part.Steps, part.Reason, err)
				}
				b := checkpointOf(t, part)
				var c Checkpoint
				if err := c.UnmarshalBinary(b); err != nil {
					t.Fatal(err)
				}
				rest, err := small(optimizer()).Resume(context.Background(), &c)
				if err != nil {
					t.Fatal(err)
				}
				trace := append(part.Trace, rest.Trace...)
				for i, r := range whole.Trace {
					r.Seconds, trace[i].Seconds = 0, 0
					if got, want := fmt.Sprint(trace[i]), fmt.Sprint(r); got != want {
						t.Fatalf("stopped at %d: record %d is\n%s, want\n%s", at, i, got, want)
					}
				}
				for i := range whole.Image.Pix {
					if rest.Image.Pix[i] != whole.Image.Pix[i] {
						t.Fatalf("stopped at %d: pixel %d differs", at, i)
					}
				}
				if !bytes.Equal(checkpointOf(t, rest), wholeEnd) {
					t.Fatalf("stopped at %d: the final checkpoint differs", at)
				}
			}
		})
	}
}

// finishes records how runs ended.
type finishes []string

func (finishes) Observe(*Step) error { return nil }
func (f *finishes) Finish(r *Result) { *f = append(*f, fmt.Sprint(r.Reason, " ", r.Steps)) }

// A Finisher is told once how the run ended, whatever the end.
func TestFinisher(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	for want, at2 := range map[string]func() error{
		"completed 9": func() error { return nil },
		"stopped 3":   func() error { return ErrStop },
		"failed 3":    func() error { return errors.New("no") },
		"cancelled 3": func() error { cancel(); return nil },
	} {
		var f finishes
		run := context.Background()
		if want == "cancelled 3" {
			run = ctx
		}
		r, _ := small(&Adam{}).Run(run, &f, ObserverFunc(func(s *Step) error {
			if s.Record.Step == 2 {
				return at2()
			}
			return nil
		}))
		if len(f) != 1 || f[0] != want || fmt.Sprint(r.Reason, " ", r.Steps) != want {
			t.Errorf("%v and the result %s %d, want %s", f, r.Reason, r.Steps, want)
		}
	}
}

func checkpointOf(t *testing.T, r *Result) []byte {
	t.Helper()
	c, err := r.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func canResume(r *Result) bool { c, err := r.Checkpoint(); return c != nil && err == nil }

func TestRecordsAddUp(t *testing.T) {
	result, err := small(&Adam{}).Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Trace) != 10 || result.Evaluations != 10 || result.Reason != Completed {
		t.Fatalf("%d records, %d evaluations, %s; want 10, 10 (the result is looked at too), completed",
			len(result.Trace), result.Evaluations, result.Reason)
	}
	for _, r := range result.Trace {
		total := 0.0
		for _, term := range r.Terms {
			value := 0.0
			for _, l := range term.Layers {
				value += l.Weight * l.Value
			}
			if value != term.Value {
				t.Errorf("step %d: %s is %v, its layers make %v", r.Step, term.Name, term.Value, value)
			}
			total += term.Weight * term.Value
		}
		if math.Abs(total-r.Total) > 1e-12*math.Abs(total) {
			t.Errorf("step %d: total is %v, the terms make %v", r.Step, r.Total, total)
		}
	}
}

func TestStrongWolfeCountsEvaluationsApart(t *testing.T) {
	result, err := small(&LBFGS{LineSearch: StrongWolfe}).Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if result.Steps != 9 || result.Evaluations <= 10 {
		t.Errorf("%d steps, %d evaluations: a line search takes more than one a step", result.Steps, result.Evaluations)
	}
}

func TestMaximize(t *testing.T) {
	tr := small(&SGD{})
	tr.Objective = Objective{{Name: "away", Weight: 1, Maximize: true,
		Loss: Content{Target: wave(33, 22, 20), Layers: Layers("relu1_1"), Reduce: Mean}}}
	tr.Start = FromImage(wave(33, 22, 19))
	tr.Schedule = Constant{Value: 1e-3}
	result, err := tr.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	first, last := result.Trace[0], result.Final()
	if last.Terms[0].Value <= first.Terms[0].Value || last.Total != -last.Terms[0].Value {
		t.Errorf("the loss went from %v to %v, total %v: want it to rise and the total to be its negative",
			first.Terms[0].Value, last.Terms[0].Value, last.Total)
	}
}

func TestDivergenceKeepsTheLastGoodImage(t *testing.T) {
	tr := small(&SGD{})
	tr.Project = false
	tr.Schedule = Constant{Value: 1e30}
	result, err := tr.Run(context.Background())
	var bad *NotFiniteError
	if !errors.As(err, &bad) || !errors.Is(err, ErrNotFinite) {
		t.Fatalf("error %v, want a NotFiniteError", err)
	}
	if bad.Step < 1 || bad.Term == "" || bad.Term != "gradient" && bad.Term != "tv" && bad.Layer == "" {
		t.Errorf("error %+v does not say where", bad)
	}
	if result == nil || result.Reason != Failed {
		t.Fatalf("result %+v, want the last good image", result)
	}
	for i, v := range result.Image.Pix {
		if v-v != 0 {
			t.Fatalf("pixel %d of the last good image is %v", i, v)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	tr := small(&Adam{})
	tr.Steps = 1 << 20
	result, err := tr.Run(ctx, ObserverFunc(func(s *Step) error {
		if s.Record.Step == 3 {
			cancel()
		}
		return nil
	}))
	if !errors.Is(err, context.Canceled) || result.Reason != Cancelled || result.Steps != 4 || !canResume(result) {
		t.Errorf("%v, %+v: want a cancelled run of 4 steps with a checkpoint", err, result)
	}
}

// A step that takes long does not hold up a cancellation, and can be done again.
func TestCancelInsideAStep(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	tr := small(&slowly{cancel: cancel})
	began := time.Now()
	result, err := tr.Run(ctx)
	if !errors.Is(err, context.Canceled) || result.Reason != Cancelled || !canResume(result) ||
		result.Evaluations != 0 || result.Steps != 0 {
		t.Errorf("%v, %+v: want a cancelled run that has done nothing", err, result)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
}

// slowly evaluates again and again inside one step.
type slowly struct {
	SGD
	cancel func() // called once inside
}

func (s *slowly) Step(f Func, x []float32, _ float64) (Evaluation, error) {
	gradient := make([]float32, len(x))
	time.AfterFunc(50*time.Millisecond, s.cancel)
	for {
		if e, err := f(x, gradient); err != nil {
			return e, err
		}
	}
}

func TestPixelRangeMeansTheRateOfOtherSystems(t *testing.T) {
	// One step of gradient descent on pixels 0..255 moves u = 255 x by the rate
	// times dL/du = dL/dx / 255, that is x by rate / 255^2 times dL/dx.
	one := func(pixelRange, rate float64) *Image {
		tr := small(&SGD{})
		tr.PixelRange, tr.Steps, tr.Project, tr.Schedule = pixelRange, 1, false, Constant{Value: rate}
		tr.Start = FromImage(wave(33, 22, 9))
		result, err := tr.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return result.Image
	}
	a, b := one(255, 100), one(1, 100.0/(255*255))
	for i := range a.Pix {
		if math.Abs(float64(a.Pix[i]-b.Pix[i])) > 1e-6 { // float32 rounding of u = 255 x
			t.Fatalf("pixel %d: %v and %v", i, a.Pix[i], b.Pix[i])
		}
	}
}

func TestBadTransfers(t *testing.T) {
	content := Content{Target: wave(33, 22, 20), Layers: Layers("relu2_2")}
	one := func(l Loss) func(*Transfer) {
		return func(t *Transfer) { t.Objective = Objective{{Name: "term", Weight: 1, Loss: l}} }
	}
	cases := map[string]struct {
		change func(*Transfer)
		want   string
	}{
		"no terms":         {func(t *Transfer) { t.Objective = nil }, "without terms"},
		"same name":        {func(t *Transfer) { t.Objective[1].Name = "content" }, `two terms are named "content"`},
		"negative weight":  {func(t *Transfer) { t.Objective[1].Weight = -1 }, "Maximize"},
		"unknown layer":    {one(Content{Target: wave(9, 9, 4), Layers: Layers("relu9_1")}), `no layer "relu9_1"`},
		"too small":        {one(Content{Target: wave(9, 9, 4), Layers: Layers("relu5_1")}), "needs at least 16 x 16"},
		"other size":       {func(t *Transfer) { t.Width, t.Height = 40, 40 }, "must have one size"},
		"no layers":        {one(Gram{Target: wave(9, 9, 4)}), "no layers: name some in Layers"},
		"no target":        {one(Gram{Layers: Layers("relu1_1")}), "no image to compare with"},
		"bad reduction":    {one(Content{Target: content.Target, Layers: content.Layers, Reduce: "average"}), "choose half, sum, mean, root or relative"},
		"gatys normalised": {one(Gram{Target: wave(9, 9, 4), Layers: Layers("relu1_1"), Normalize: ByPositions}), "leave it out"},
		"not a scalar": {one(LossFunc{Layers: []string{"relu1_1"}, Func: func(c *Context) (*gorgonia.Node, error) {
			return c.Feature("relu1_1").Gram(), nil
		}}), "a loss is a scalar"},
		"undeclared layer": {one(LossFunc{Func: func(c *Context) (*gorgonia.Node, error) {
			return c.Feature("relu1_1").Gram(), nil
		}}), "Needs do not name: its Layers are none"},
		"panic": {one(LossFunc{Func: func(c *Context) (*gorgonia.Node, error) { panic("oops") }}), "oops"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			tr := small(&Adam{})
			tr.Width, tr.Height = 33, 22
			tr.Start = FromImage(wave(33, 22, 9))
			c.change(tr)
			_, err := tr.Run(context.Background())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
}

// TestLowMemory wants the same bits, whatever is kept.
func TestLowMemory(t *testing.T) {
	photo, paint := wave(40, 33, 7), wave(29, 47, 5)
	for _, pooling := range []Pooling{Max, Average} {
		net := open(t, "vgg19", Options{Width: 0.25, Pooling: pooling})
		var results [2]*Result
		for i, memory := range []Memory{KeepMaps, LowMemory} {
			tr := Transfer{Network: net, Memory: memory, Steps: 3, Threads: 2, Objective: Objective{
				{Name: "content", Weight: 1, Loss: Content{Target: photo, Layers: Layers("relu3_2")}},
				{Name: "style", Weight: 1e3, Loss: Gram{Target: paint, Layers: Layers("relu1_1", "conv2_1", "relu3_1", "relu4_1")}},
			}}
			var err error
			if results[i], err = tr.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		for i, v := range results[0].Image.Pix {
			if w := results[1].Image.Pix[i]; math.Float32bits(v) != math.Float32bits(w) {
				t.Fatalf("%s pooling: value %d is %v in low memory, %v else", pooling, i, w, v)
			}
		}
	}
}

// watched notices whether anything was read or begun.
type watched struct {
	Content
	bad     error
	touched bool
}

func (w *watched) Validate() error { return w.bad }
func (w *watched) Convolution(string) (weight, bias []float32, err error) {
	w.touched = true
	return nil, nil, errors.New("read")
}
func (w *watched) Begin(width, height int) (*Image, error) {
	w.touched = true
	return NewImage(width, height), nil
}

// A wrong layer and a wrong option are found before weights are read, the start is made,
// and a network is calibrated.
func TestFailsEarly(t *testing.T) {
	for _, name := range NetworkNames() {
		for want, change := range map[string]func(w *watched){
			`has no layer "relu9_9"`: func(w *watched) { w.Layers = Layers("relu9_9") },
			"no such reduction":      func(w *watched) { w.bad = errors.New("nst: no such reduction") },
		} {
			w := &watched{}
			w.Target = wave(40, 40, 9)
			change(w)
			tr := Transfer{Network: open(t, name, Options{Weights: w}), Start: w, Steps: 1,
				Objective: Objective{{Name: "own", Weight: 1, Loss: w}}}
			ctx, cancel := context.WithCancel(context.Background())
			cancel() // nothing can be computed
			_, err := tr.Run(ctx)
			if err == nil || !strings.Contains(err.Error(), `term "own": `) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q", name, err, want)
			}
			checkPrefix(t, err)
			if w.touched {
				t.Errorf("%s: %s was found only after weights or a start were asked for", name, want)
			}
			tr.Network = open(t, name, Options{})
			if _, err := tr.Run(ctx); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s, drawn: error %v, want %q", name, err, want)
			}
		}
	}
}
