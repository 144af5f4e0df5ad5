package sweep

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/internal/disk"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/internal/planned"
	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/run"
	"github.com/gonst/workbench/experiments/store"
)

func mustSweep(t *testing.T, plan *plan.Plan, o Options) *Summary {
	t.Helper()
	sum, err := Run(t.Context(), plan, o)
	if err != nil {
		t.Fatal(err)
	}
	if n := sum.Count(Done); n != len(plan.Runs) {
		t.Fatalf("%d runs are done: %+v", n, sum.Runs)
	}
	return sum
}

func TestJobsAndThreadsChangeNothing(t *testing.T) {
	plan, dir := planned.Small(t)
	mustSweep(t, plan, Options{Results: filepath.Join(dir, "a"), Jobs: 1, Threads: 1})
	want := fixture.Products(t, filepath.Join(dir, "a"))
	if len(want) != 2*(6+4) { // frames of steps 0, 4, 8 and 12
		t.Errorf("%d files", len(want))
	}
	for _, o := range []Options{{Jobs: 2, Threads: 3}, {Jobs: 1, Threads: 4}, {}} {
		o.Results = filepath.Join(dir, "b")
		sum := mustSweep(t, plan, o)
		if sum.Made != 2 {
			t.Errorf("made %d", sum.Made)
		}
		fixture.Alike(t, fixture.Products(t, o.Results), want)
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

// A crash in the midst of any write of a run leaves what the next attempt needs, at any
// stage and with the average of the iterates.
func TestCrashAtEveryWrite(t *testing.T) {
	plan, dir := planned.Small(t, "stages.sizes=[16, 20]", "stages.steps=[3, 2]", "images.size=20", "run.average=0.8", "log.frames=3", "log.every=2")
	plan.Runs = plan.Runs[:1]
	mustSweep(t, plan, Options{Results: filepath.Join(dir, "whole")})
	want := fixture.Products(t, filepath.Join(dir, "whole"))
	before := disk.Faulty
	defer func() { disk.Faulty = before }()
	continued := 0
	for at := 1; ; at++ {
		results := filepath.Join(dir, "crashed")
		left := at
		disk.Faulty = func(path string, w io.Writer) io.Writer {
			if strings.Contains(path, "plan") {
				return w
			}
			return crashing{w, &left}
		}
		sum, err := Run(t.Context(), plan, Options{Results: results, Jobs: 1})
		if err != nil {
			t.Fatal(err)
		}
		disk.Faulty = before
		if left > 0 { // it came through
			if at < 20 {
				t.Errorf("only %d writes", at)
			}
			break
		}
		if sum.Count(Blocked) != 1 || !strings.Contains(sum.Runs[0].Note, "crash") {
			t.Fatalf("write %d: %+v", at, sum.Runs)
		}
		first := -1
		sum = mustSweep(t, plan, Options{Results: results, Watch: func(p Progress) {
			if r := p.Runs[0]; r.Phase == Running && first < 0 {
				first = r.First
			}
		}})
		if first > 0 {
			continued++
		}
		fixture.Alike(t, fixture.Products(t, results), want)
		os.RemoveAll(results)
	}
	if continued < 10 {
		t.Errorf("only %d attempts continued from a checkpoint", continued)
	}
}

// What goes wrong here and now is no result: the others are made, the error is
// in the attempt and in the summary, and the next sweep tries again.
func TestPictureGoneMeanwhile(t *testing.T) {
	plan, dir := planned.Small(t)
	style := filepath.Join(dir, "s.png")
	o := Options{Results: filepath.Join(dir, "results"), Jobs: 1}
	gone := false
	o.Watch = func(p Progress) {
		if !gone && p.Count(Done) == 1 {
			t.Error("the first run was over before the picture could be taken away")
		}
		if !gone {
			gone = true
			// The first run has loaded it, or will fail too: then the other is made later.
			os.Rename(style, style+".away")
		}
	}
	sum, err := Run(t.Context(), plan, o)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, r := range sum.Runs {
		if r.Phase == Blocked && strings.Contains(r.Note, "s.png") {
			failed++
			if store := store.Of(o.Results, plan); store.IsPublished(r.Name) || !strings.Contains(store.Failure(r.Name), "s.png") {
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
	os.WriteFile(style, []byte(fixture.PNG(t, 24, 24, 0.1)), 0o666)
	o.Results = filepath.Join(dir, "other")
	sum, err = Run(t.Context(), plan, o)
	if err != nil || sum.Count(Blocked) != 2 || !strings.Contains(sum.Runs[0].Note, "changed since the plan was made") {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestCancelledSweepIsSaved(t *testing.T) {
	plan, dir := planned.Small(t)
	mustSweep(t, plan, Options{Results: filepath.Join(dir, "whole")})
	o := Options{Results: filepath.Join(dir, "results"), Jobs: 1}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sum, err := Run(ctx, plan, o)
	if err != nil || sum.Count(Interrupted) != 2 {
		t.Fatalf("%+v, %v", sum, err)
	}
	there, _, err := Look(o.Results, plan)
	if err != nil || len(there) != 2 {
		t.Fatal(there, err)
	}
	mustSweep(t, plan, o)
	fixture.Alike(t, fixture.Products(t, o.Results), fixture.Products(t, filepath.Join(dir, "whole")))
	if there, _, err = Look(o.Results, plan); err != nil || there[0].Phase != Done || !there[1].Before {
		t.Errorf("%+v, %v", there, err)
	}
}

// forgetful is a launcher like a bad cluster's: it does everything twice at the
// same time, tells nothing of how it went, knows no locks between its machines, and
// fails to answer now and then.
type forgetful struct {
	t     *testing.T
	plan  *plan.Plan
	ends  map[launch.Job]chan struct{}
	polls int
}

func (f *forgetful) Submit(tasks []launch.Task) (jobs []launch.Job, err error) {
	for _, task := range tasks {
		jobs = append(jobs, f.start(task))
	}
	return jobs, nil
}

func (f *forgetful) start(task launch.Task) launch.Job {
	done := make(chan struct{})
	job := launch.Job(task.Run)
	f.ends[job] = done
	m := run.Maker{Program: "test"}
	planned := f.plan.Runs[slices.IndexFunc(f.plan.Runs, func(r plan.Run) bool { return r.Name == task.Run })]
	go func() {
		defer close(done)
		s := store.Store{Dir: task.Dir}
		twice := make(chan error)
		for range 2 {
			go func() {
				twice <- m.Attempt(context.Background(), s, planned, &store.Claim{}, 1, false, func(int, float64) {})
			}()
		}
		for range 2 {
			if err := <-twice; err != nil {
				f.t.Error(err)
			}
		}
	}()
	return job
}

func (f *forgetful) Poll(jobs []launch.Job) ([]launch.Status, error) {
	if f.polls++; f.polls%2 == 1 {
		return nil, errors.New("no answer")
	}
	all := make([]launch.Status, len(jobs))
	for i, j := range jobs {
		select {
		case <-f.ends[j]:
			all[i].State = launch.Ended
		default:
			all[i].State = launch.Running
		}
	}
	return all, nil
}

func (f *forgetful) Cancel(launch.Job) error { return nil }

func TestAnyLauncherWillDo(t *testing.T) {
	plan, dir := planned.Small(t)
	mustSweep(t, plan, Options{Results: filepath.Join(dir, "whole")})
	o := Options{Results: filepath.Join(dir, "results"), Pace: 20 * time.Millisecond, Launcher: &forgetful{t: t, plan: plan, ends: map[launch.Job]chan struct{}{}}}
	mustSweep(t, plan, o)
	fixture.Alike(t, fixture.Products(t, o.Results), fixture.Products(t, filepath.Join(dir, "whole")))
	o.Launcher = nil
	mustSweep(t, plan, o)
	if left, _ := filepath.Glob(filepath.Join(o.Results, "exp", ".attempts", "*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestTimeLeft(t *testing.T) {
	began := time.Now()
	p := Progress{Began: began, Now: began.Add(10 * time.Second), Runs: []RunProgress{
		{Phase: Done, Before: true, First: 100, Step: 100, Steps: 100, Work: 1},
		{Phase: Done, First: 50, Step: 100, Steps: 100, Work: 1}, // made 50 steps
		{Phase: Running, Step: 50, Steps: 100, Work: 1},          // and 50 here
		{Phase: Waiting, Steps: 50, Work: 4},                     // as much as 200
	}}
	if left, ok := p.Left(); !ok || left != 25*time.Second { // 250 left, 10 a second
		t.Errorf("%v left, %v", left, ok)
	}
	if done := p.Done(); math.Abs(done-250.0/500) > 1e-9 {
		t.Errorf("%v done", done)
	}
}
