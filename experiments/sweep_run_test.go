package experiments

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/result"
)

const smallSweep = `name = "exp"
[images]
content = "c.png"
style = "s.png"
size = 24
[network]
levels = 2
filters = 8
[loss.content]
layers = ["scale2"]
[loss.style]
layers = ["scale1"]
[optimizer]
kind = "adam"
[schedule]
rate = 0.02
[run]
steps = 12
[log]
every = 5
yardstick = 5
frames = 4
checkpoint_seconds = 0
[sweep.axes]
"loss.style.weight" = [10, 100]
`

// smallPlan is a plan of two runs of 12 steps, and where its files are.
func smallPlan(t *testing.T, settings ...string) (*Plan, string) {
	t.Helper()
	dir := write(t, map[string]string{"exp.toml": smallSweep, "c.png": png(t, 24, 20, 0.2), "s.png": png(t, 24, 24, 0.9)})
	plan, err := ReadPlan(filepath.Join(dir, "exp.toml"), settings...)
	if err != nil {
		t.Fatal(err)
	}
	return plan, dir
}

// products are the files of an experiment's runs that must not depend on
// anything but the plan.
func products(t *testing.T, results string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*/metrics.csv", "*/yardstick.csv", "*/measures.json", "*/checkpoint", "*/image.png", "*/frames/*", "*/config.toml"} {
		found, _ := filepath.Glob(filepath.Join(results, "exp", pattern))
		for _, f := range found {
			rel, _ := filepath.Rel(results, f)
			all[rel] = contentOf(t, f)
		}
	}
	return all
}

func alike(t *testing.T, got, want map[string]string) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s differs (%d bytes, want %d)", name, len(got[name]), len(want[name]))
		}
	}
}

func mustSweep(t *testing.T, plan *Plan, o SweepOptions) *Summary {
	t.Helper()
	sum, err := Sweep(t.Context(), plan, o)
	if err != nil {
		t.Fatal(err)
	}
	if n := sum.Count(Finished); n != len(plan.Runs) {
		t.Fatalf("%d runs are done: %+v", n, sum.Runs)
	}
	return sum
}

func TestJobsAndThreadsChangeNothing(t *testing.T) {
	plan, dir := smallPlan(t)
	mustSweep(t, plan, SweepOptions{Results: filepath.Join(dir, "a"), Jobs: 1, Threads: 1})
	want := products(t, filepath.Join(dir, "a"))
	if len(want) != 2*(6+4) { // frames of steps 0, 4, 8 and 12
		t.Errorf("%d files", len(want))
	}
	for _, o := range []SweepOptions{{Jobs: 2, Threads: 3}, {Jobs: 1, Threads: 4}, {}} {
		o.Results = filepath.Join(dir, "b")
		sum := mustSweep(t, plan, o)
		if sum.Made != 2 {
			t.Errorf("made %d", sum.Made)
		}
		alike(t, products(t, o.Results), want)
		os.RemoveAll(o.Results)
	}
}

// crash is what stands for the end of the process in the midst of a write.
var errCrash = errors.New("crash")

type crashing struct {
	w    io.Writer
	left *int // writes until the crash
}

func (c crashing) Write(p []byte) (int, error) {
	if *c.left--; *c.left == 0 {
		n, _ := c.w.Write(p[:len(p)/2])
		return n, errCrash
	}
	if *c.left < 0 { // it is over: nothing more gets to the disk
		return 0, errCrash
	}
	return c.w.Write(p)
}

// A crash in the midst of any write of a run leaves what the next attempt needs.
func TestCrashAtEveryWrite(t *testing.T) {
	plan, dir := smallPlan(t, "run.steps=5", "log.frames=3", "log.every=2")
	plan.Runs = plan.Runs[:1]
	mustSweep(t, plan, SweepOptions{Results: filepath.Join(dir, "whole")})
	want := products(t, filepath.Join(dir, "whole"))
	before := faulty
	defer func() { faulty = before }()
	continued := 0
	for at := 1; ; at++ {
		results := filepath.Join(dir, "crashed")
		left := at
		faulty = func(path string, w io.Writer) io.Writer {
			if strings.Contains(path, "plan") {
				return w
			}
			return crashing{w, &left}
		}
		sum, err := Sweep(t.Context(), plan, SweepOptions{Results: results, Jobs: 1})
		if err != nil {
			t.Fatal(err)
		}
		faulty = before
		if left > 0 { // it came through
			if at < 20 {
				t.Errorf("only %d writes", at)
			}
			break
		}
		if sum.Count(Failed) != 1 || !strings.Contains(sum.Runs[0].Note, "crash") {
			t.Fatalf("write %d: %+v", at, sum.Runs)
		}
		first := -1
		sum = mustSweep(t, plan, SweepOptions{Results: results, Watch: func(p Progress) {
			if r := p.Runs[0]; r.Phase == Active && first < 0 {
				first = r.First
			}
		}})
		if first > 0 {
			continued++
		}
		alike(t, products(t, results), want)
		os.RemoveAll(results)
	}
	if continued < 10 {
		t.Errorf("only %d attempts continued from a checkpoint", continued)
	}
}

// What goes wrong here and now is no result: the others are made, the error is
// in the attempt and in the summary, and the next sweep tries again.
func TestPictureGoneMeanwhile(t *testing.T) {
	plan, dir := smallPlan(t)
	style := filepath.Join(dir, "s.png")
	o := SweepOptions{Results: filepath.Join(dir, "results"), Jobs: 1}
	gone := false
	o.Watch = func(p Progress) {
		if !gone && p.Count(Finished) == 1 {
			t.Error("the first run was over before the picture could be taken away")
		}
		if !gone {
			gone = true
			// The first run has loaded it, or will fail too: then the other is made later.
			os.Rename(style, style+".away")
		}
	}
	sum, err := Sweep(t.Context(), plan, o)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, r := range sum.Runs {
		if r.Phase == Failed && strings.Contains(r.Note, "s.png") {
			failed++
			if store := storeOf(o.Results, plan); store.isPublished(r.Name) || !strings.Contains(store.failure(r.Name), "s.png") {
				t.Errorf("%s is published, or its attempt does not tell why it failed", r.Name)
			}
		}
	}
	if failed == 0 {
		t.Fatalf("no run has missed its picture: %+v", sum.Runs)
	}
	e, err := result.Open(sum.Dir)
	if err != nil || e.Runs[1].Status != result.Failed || e.Runs[1].Run.Failure == nil {
		t.Errorf("the report sees %+v, %v", e, err)
	}
	os.Rename(style+".away", style)
	o.Watch = nil
	mustSweep(t, plan, o)

	// A picture that is another one now is not taken for the plan's.
	os.WriteFile(style, []byte(png(t, 24, 24, 0.1)), 0o666)
	o.Results = filepath.Join(dir, "other")
	sum, err = Sweep(t.Context(), plan, o)
	if err != nil || sum.Count(Failed) != 2 || !strings.Contains(sum.Runs[0].Note, "changed since the plan was made") {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestCancelledSweepIsSaved(t *testing.T) {
	plan, dir := smallPlan(t)
	mustSweep(t, plan, SweepOptions{Results: filepath.Join(dir, "whole")})
	o := SweepOptions{Results: filepath.Join(dir, "results"), Jobs: 1}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sum, err := Sweep(ctx, plan, o)
	if err != nil || sum.Count(Interrupted) != 2 {
		t.Fatalf("%+v, %v", sum, err)
	}
	there, err := Look(o.Results, plan)
	if err != nil || len(there) != 2 {
		t.Fatal(there, err)
	}
	mustSweep(t, plan, o)
	alike(t, products(t, o.Results), products(t, filepath.Join(dir, "whole")))
	if there, err = Look(o.Results, plan); err != nil || there[0].Phase != Finished || !there[1].Before {
		t.Errorf("%+v, %v", there, err)
	}
}

// forgetful is a launcher like a bad cluster's: it does everything twice at the
// same time, tells nothing of how it went, and knows no locks between its
// machines.
type forgetful struct {
	t    *testing.T
	ends map[Job]chan struct{}
}

func (f *forgetful) Submit(task Task) (Job, error) {
	done := make(chan struct{})
	job := Job(task.Run.Name)
	f.ends[job] = done
	m := maker{program: "test"}
	go func() {
		defer close(done)
		s := store{task.Dir}
		twice := make(chan error)
		for range 2 {
			go func() {
				twice <- m.attempt(context.Background(), s, task.Run, &claim{}, 1, false, func(int, float64) {})
			}()
		}
		for range 2 {
			if err := <-twice; err != nil {
				f.t.Error(err)
			}
		}
	}()
	return job, nil
}

func (f *forgetful) Poll(j Job) (Status, error) {
	select {
	case <-f.ends[j]:
		return Status{State: Ended, First: -1, Loss: math.NaN()}, nil
	default:
		return Status{State: Running, First: -1, Loss: math.NaN()}, nil
	}
}

func (f *forgetful) Cancel(Job) error { return nil }

func TestAnyLauncherWillDo(t *testing.T) {
	plan, dir := smallPlan(t)
	mustSweep(t, plan, SweepOptions{Results: filepath.Join(dir, "whole")})
	o := SweepOptions{Results: filepath.Join(dir, "results"), Launcher: &forgetful{t, map[Job]chan struct{}{}}}
	mustSweep(t, plan, o)
	alike(t, products(t, o.Results), products(t, filepath.Join(dir, "whole")))
	o.Launcher = nil
	mustSweep(t, plan, o)
	if left, _ := filepath.Glob(filepath.Join(o.Results, "exp", ".attempts", "*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestTimeLeft(t *testing.T) {
	began := time.Now()
	p := Progress{Began: began, Now: began.Add(10 * time.Second), Runs: []RunProgress{
		{Phase: Finished, Before: true, First: 100, Step: 100, Steps: 100, Work: 1},
		{Phase: Finished, First: 50, Step: 100, Steps: 100, Work: 1}, // made 50 steps
		{Phase: Active, Step: 50, Steps: 100, Work: 1},               // and 50 here
		{Phase: Pending, Steps: 50, Work: 4},                         // as much as 200
	}}
	if left, ok := p.Left(); !ok || left != 25*time.Second { // 250 left, 10 a second
		t.Errorf("%v left, %v", left, ok)
	}
	if done := p.Done(); math.Abs(done-250.0/500) > 1e-9 {
		t.Errorf("%v done", done)
	}
}

func TestDefaultJobs(t *testing.T) {
	runs := func(n, size int) []*Config {
		all := make([]*Config, n)
		for i := range all {
			all[i] = &Config{Images: Images{Size: size}, Optimizer: Optimizer{History: 10}}
		}
		return all
	}
	for _, c := range []struct {
		runs        []*Config
		cores, want int
		memory      uint64
	}{
		{runs(20, 256), 8, 8, 0},
		{runs(3, 256), 8, 3, 0},
		{runs(20, 1024), 8, 1, 0},
		{runs(20, 512), 8, 3, 3 << 30}, // 720 MB each, for all that is known
		{runs(20, 512), 8, 1, 1 << 20},
		{nil, 8, 1, 0},
	} {
		if got := defaultJobs(c.runs, c.cores, c.memory); got != c.want {
			t.Errorf("%d runs, %d cores, %d bytes: %d jobs, want %d", len(c.runs), c.cores, c.memory, got, c.want)
		}
	}
}

func TestTrial(t *testing.T) {
	plan, _ := smallPlan(t)
	trial := &Trial{Threads: 1}
	a, err := trial.Measure(t.Context(), plan.Runs[0])
	if err != nil || a.Step <= 0 || a.Step > 10*time.Second || a.Whole(10) < 10*a.Step {
		t.Errorf("%+v, %v", a, err)
	}
	if b, err := trial.Measure(t.Context(), plan.Runs[1]); err != nil || a != b {
		t.Errorf("runs that differ in a weight only were tried twice: %+v, %+v, %v", a, b, err)
	}
}
