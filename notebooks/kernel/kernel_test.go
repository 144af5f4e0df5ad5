//go:build linux || darwin

// Package kernel_test builds the kernel and speaks to it as Jupyter does.
package kernel_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	// What is compiled into the kernel: cached results of these tests must not
	// outlive a change of it.
	_ "github.com/gonst/workbench/notebooks/kernel/assist"
	_ "github.com/gonst/workbench/notebooks/kernel/bindings"
	_ "github.com/gonst/workbench/notebooks/kernel/godoc"
	"github.com/gonst/workbench/notebooks/kernel/internal/jupyter"
	_ "github.com/gonst/workbench/notebooks/kernel/session"
)

var binary string

func TestMain(m *testing.M) { os.Exit(withKernel(m)) }

func withKernel(m *testing.M) int {
	dir, err := os.MkdirTemp("", "kernel")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	for _, pattern := range []string{"_glue/*.go", "build/*.go", "../../go.mod"} { // read for the same reason
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			if _, err := os.ReadFile(path); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
	}
	binary = filepath.Join(dir, "gophernotes")
	build := exec.Command("go", "run", "./build", "-o", binary)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the kernel:", err)
		return 1
	}
	return m.Run()
}

func start(t *testing.T) *jupyter.Kernel {
	t.Helper()
	k, err := jupyter.Start(binary, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Kill)
	return k
}

// run runs a cell that must succeed.
func run(t *testing.T, k *jupyter.Kernel, code string) jupyter.Output {
	t.Helper()
	o, err := k.Run(code)
	if err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	if o.Status != "ok" {
		t.Fatalf("%s: %s\n%s", o.Status, o.Error, code)
	}
	return o
}

// fail runs a cell that must fail.
func fail(t *testing.T, k *jupyter.Kernel, code string) jupyter.Output {
	t.Helper()
	o, err := k.Run(code)
	if err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	if o.Status != "error" {
		t.Fatalf("%s, want an error\n%s", o.Status, code)
	}
	return o
}

func text(o jupyter.Output) string { s, _ := o.Result["text/plain"].(string); return s }

const imports = `import (
	"fmt"
	"time"
	"gorgonia.org/gorgonia"
	"github.com/gonst/workbench/nst"
	"github.com/gonst/workbench/notebooks/nb"
)
`

func TestStartsAndImportsFast(t *testing.T) {
	began := time.Now()
	k := start(t)
	started := time.Since(began)
	o := run(t, k, imports)
	t.Logf("started in %v, imported in %v", started, o.Took)
	// Issue 5 asks for 1 s and 50 ms on an idle machine; tests may share theirs.
	if started > 10*time.Second || o.Took > 5*time.Second {
		t.Errorf("started in %v, imported in %v", started, o.Took)
	}
	if o := run(t, k, `1 + 41`); text(o) != "42" {
		t.Errorf("result %q", text(o))
	}
	if o := run(t, k, `fmt.Println("größer ✓")`); o.Stdout != "größer ✓\n" || o.Result != nil {
		t.Errorf("stdout %q, result %v", o.Stdout, o.Result)
	}
}

func TestInterpreterKnowsTheLibrary(t *testing.T) {
	k := start(t)
	run(t, k, imports)
	o := run(t, k, `
		a, b := nst.NewImage(24, 24), nst.NewImage(24, 24)
		for i := range a.Pix { a.Pix[i], b.Pix[i] = float32(i%7)/7, float32(i%5)/5 }
		mine := nst.LossFunc{Layers: []string{"scale1"}, Targets: []*nst.Image{b}, Func: func(c *nst.Context) (*gorgonia.Node, error) {
			d, err := gorgonia.Sub(c.Feature("scale1").Mean(), c.Target(b, "scale1").Mean())
			if err != nil { return nil, err }
			s, err := gorgonia.Square(d)
			if err != nil { return nil, err }
			return gorgonia.Sum(s)
		}}
		t := nst.Transfer{
			Objective: nst.Objective{
				{Name: "content", Weight: 1, Loss: nst.Content{Target: a, Layers: nst.Layers("scale1"), Reduce: nst.Mean}},
				{Name: "mine", Weight: 10, Loss: mine},
			},
			Steps: 5,
		}
		result, err := t.Run(nb.Context(), nb.Live())
		if err != nil { panic(err) }
		[]interface{}{result.Reason, len(result.Trace), result.Final().Total < result.Trace[0].Total}`)
	if text(o) != "[completed 6 true]" {
		t.Errorf("result %q", text(o))
	}
	if len(o.Displays) < 2 || o.Displays[0].Type != "display_data" || o.Displays[1].Type != "update_display_data" {
		t.Errorf("%d displays, want a panel and its updates", len(o.Displays))
	}
	// A panic inside a loss is an error of the run.
	o = run(t, k, `
		t.Objective[1].Loss = nst.LossFunc{Func: func(c *nst.Context) (*gorgonia.Node, error) { panic("oh no") }}
		_, err = t.Run(nb.Context())
		fmt.Sprint(err)`)
	if !strings.Contains(text(o), "oh no") {
		t.Errorf("error %q", text(o))
	}
}

func TestInterruptEndlessLoop(t *testing.T) {
	k := start(t)
	run(t, k, imports)
	run(t, k, `x := 7`)
	for name, code := range map[string]string{
		"busy loop":        `for { x++ }`,
		"empty loop":       `for { }`,
		"sleep":            `time.Sleep(time.Hour)`,
		"function":         "f := func() { for { } }; f()",
		"ignoring context": `ctx := nb.Context(); for { _ = ctx }`,
	} {
		for _, by := range []string{"signal", "message"} {
			interrupt(t, k, by, 300*time.Millisecond)
			began := time.Now()
			o := fail(t, k, code)
			if o.Error != "interrupted" {
				t.Errorf("%s: error %q", name, o.Error)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("%s, by %s: stopped after %v", name, by, took)
			}
		}
	}
	if o := run(t, k, `x > 7`); text(o) != "true" {
		t.Errorf("x > 7 is %q", text(o))
	}
}

func interrupt(t *testing.T, k *jupyter.Kernel, by string, after time.Duration) {
	time.AfterFunc(after, func() {
		var err error
		if by == "message" {
			_, err = k.Control("interrupt_request", nil)
		} else {
			err = k.Interrupt()
		}
		if err != nil {
			t.Error(err)
		}
	})
}

func TestInterruptLetsAListenerFinish(t *testing.T) {
	k := start(t)
	run(t, k, imports)
	interrupt(t, k, "signal", 300*time.Millisecond)
	o := run(t, k, `
		done := 0
		ctx := nb.Context()
		for ctx.Err() == nil { done++ }
		result := fmt.Sprint("stopped: ", done > 0)
		result`)
	if text(o) != "stopped: true" {
		t.Errorf("result %q", text(o))
	}
	if o := run(t, k, `[]interface{}{result, nb.Context().Err()}`); text(o) != "[stopped: true <nil>]" {
		t.Errorf("afterwards: %q", text(o))
	}
}

func TestInterruptedRunKeepsItsResult(t *testing.T) {
	k := start(t)
	run(t, k, imports)
	interrupt(t, k, "signal", time.Second)
	o := run(t, k, `
		a := nst.NewImage(64, 64)
		for i := range a.Pix { a.Pix[i] = float32(i%7)/7 }
		t := nst.Transfer{
			Objective: nst.Objective{{Name: "content", Weight: 1, Loss: nst.Content{Target: a, Layers: nst.Layers("scale1")}}},
			Start: nst.Noise{}, Optimizer: &nst.Adam{}, Steps: 1000000,
		}
		result, err := t.Run(nb.Context(), nb.Live())
		point, _ := result.Checkpoint()
		fmt.Sprint(result.Reason, " ", err, " ", result.Steps > 0, " ", point != nil)`)
	if want := "cancelled context canceled true true"; text(o) != want {
		t.Errorf("%q, want %q", text(o), want)
	}
	if o.Took > 5*time.Second {
		t.Errorf("ended after %v", o.Took)
	}
	if last := fmt.Sprint(o.Displays[len(o.Displays)-1].Content["data"]); !strings.Contains(last, "· cancelled") {
		t.Errorf("the panel does not say that the run was stopped: %.300s", last)
	}
	if o := run(t, k, `result`); !strings.Contains(fmt.Sprint(o.Result["text/html"]), "<img") {
		t.Errorf("a result shows as %v", o.Result)
	}
}

func TestFailureTakesWaitingCellsAlong(t *testing.T) {
	k := start(t)
	run(t, k, `ran := 0`)
	o, err := k.RunAll(`panic("no")`, `ran++`, `ran++`)
	if err != nil {
		t.Fatal(err)
	}
	if o[0].Status != "error" || o[1].Status != "aborted" || o[2].Status != "aborted" {
		t.Errorf("status %q, %q, %q", o[0].Status, o[1].Status, o[2].Status)
	}
	if o := run(t, k, `ran`); text(o) != "0" {
		t.Errorf("%s cells ran behind a failed one", text(o))
	}
}

func TestSurvivesPanics(t *testing.T) {
	k := start(t)
	run(t, k, imports)
	run(t, k, `kept := "kept"`)
	if o := fail(t, k, `panic("in a cell")`); !strings.Contains(o.Error, "in a cell") {
		t.Errorf("error %q", o.Error)
	}
	fail(t, k, `var p *nst.Image; p.Width`)
	for _, code := range []string{
		`go func() { panic("in a goroutine") }(); time.Sleep(100 * time.Millisecond)`,
		`func f(s string, n float64) { panic(s) }
		 go f("in a goroutine", 1)
		 time.Sleep(100 * time.Millisecond)`,
		`for i := 0; i < 1; i++ { if i == 0 { go panic("in a goroutine") } }
		 time.Sleep(100 * time.Millisecond)`,
	} {
		if o := run(t, k, code); !strings.Contains(o.Stderr, "panic in a goroutine: in a goroutine") {
			t.Errorf("stderr %q", o.Stderr)
		}
	}
	// Arguments are still evaluated by the go statement.
	o := run(t, k, `
		out := make(chan int, 3)
		put := func(c chan int, i int) { c <- i }
		for i := 0; i < 3; i++ { go put(out, i) }
		<-out + <-out + <-out`)
	if text(o) != "3" {
		t.Errorf("0 + 1 + 2 = %s", text(o))
	}
	if o := run(t, k, `kept`); text(o) != "kept" {
		t.Errorf("kept = %q", text(o))
	}
}

func TestMuchOutput(t *testing.T) {
	k := start(t)
	run(t, k, `import ("fmt"; "strings")`)
	o := run(t, k, `for i := 0; i < 10240; i++ { fmt.Println(strings.Repeat("ü", 511) + "x") }`)
	if want := strings.Repeat(strings.Repeat("ü", 511)+"x\n", 10240); o.Stdout != want {
		t.Errorf("%d bytes of output, want %d; %d characters broken", len(o.Stdout), len(want), strings.Count(o.Stdout, "\uFFFD"))
	}
	if o := run(t, k, `1`); text(o) != "1" {
		t.Errorf("result %q", text(o))
	}
}

func TestUnknownImport(t *testing.T) {
	k := start(t)
	for path, want := range map[string]string{
		"github.com/gonst/workbench/nts": `did you mean "github.com/gonst/workbench/nst"?`,
		"nst":                            `did you mean "github.com/gonst/workbench/nst"?`,
		"example.com/quite/another/one":  "put it into the list",
	} {
		if o := fail(t, k, fmt.Sprintf("import %q", path)); !strings.Contains(o.Error, want) {
			t.Errorf("import %q: %q", path, o.Error)
		}
	}
}

func TestShutdownWhileBusy(t *testing.T) {
	k := start(t)
	run(t, k, imports)
	left := ""
	go k.Run("$sleep 1234")
	time.Sleep(300 * time.Millisecond)
	if _, err := k.Control("shutdown_request", map[string]any{"restart": true}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-k.Exited():
	case <-time.After(5 * time.Second):
		t.Fatal("the kernel still runs")
	}
	for range 100 { // the children have been told, and end now
		out, err := exec.Command("pgrep", "-f", "sleep 1234"+"$").Output()
		if err != nil {
			return
		}
		left = string(out)
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("left behind: %s", left)
}
