package report

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdinput "github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/gonst/workbench/experiments/result"
)

// A tab is a page in a real browser. It runs the page's script under the page's own
// policy. The test fails if the browser reports an error.
type tab struct {
	testing.TB
	ctx context.Context
}

// needBrowser finds Chromium, or skips the test if there is none.
func needBrowser(t testing.TB) (chromium string) {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			chromium = path
			break
		}
	}
	switch {
	case testing.Short():
		t.Skip("a browser takes its time")
	case chromium == "" && os.Getenv("CI") != "":
		t.Fatal("no Chromium, and this is CI: .ci/run installs it")
	case chromium == "":
		t.Skip("no Chromium: the page's script is not run")
	}
	return chromium
}

// browse opens a URL in a window of the given size.
func browse(t testing.TB, url string, width, height int64) *tab {
	t.Helper()
	chromium := needBrowser(t)
	ctx, cancel := chromedp.NewContext(chromiumOf(t, chromium))
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t, ctx}
	var mu sync.Mutex
	complain := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		t.Errorf("the browser complains: "+format, args...)
	}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning || e.Type == runtime.APITypeAssert {
				for _, a := range e.Args {
					complain("%s: %s %s", e.Type, a.Value, a.Description)
				}
			}
		case *runtime.EventExceptionThrown:
			complain("%s", e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
				complain("%s %s", e.Entry.Text, e.Entry.URL)
			}
		case *cdpage.EventJavascriptDialogOpening:
			complain("a dialog: %s", e.Message)
		}
	})
	b.run(log.Enable(), performance.Enable().WithTimeDomain(performance.EnableTimeDomainThreadTicks), emulation.SetDeviceMetricsOverride(width, height, 1, width < 600), chromedp.Navigate(url))
	b.until(`"ready" in document.documentElement.dataset`)
	return b
}

// cpu returns the time that the page's main thread has computed, in milliseconds. It does not
// depend on what else the machine does.
func (b *tab) cpu() float64 {
	b.Helper()
	var metrics []*performance.Metric
	b.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		metrics, err = performance.GetMetrics().Do(ctx)
		return err
	}))
	for _, m := range metrics {
		if m.Name == "TaskDuration" {
			return 1000 * m.Value
		}
	}
	b.Fatal("the browser does not measure its tasks")
	return 0
}

// One Chromium process serves all tests; each test opens its own window.
var (
	chromiumOnce sync.Once
	chromiumRuns context.Context
	chromiumErr  error
	chromiumEnd  = func() {}
)

func chromiumOf(t testing.TB, path string) context.Context {
	t.Helper()
	chromiumOnce.Do(func() {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
		allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
		// Events that this version of the protocol does not know are not errors of the
		// page.
		ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
		chromiumRuns, chromiumErr = ctx, chromedp.Run(ctx)
		chromiumEnd = func() { cancel(); end() }
	})
	must(t, chromiumErr)
	return chromiumRuns
}

func TestMain(m *testing.M) {
	code := m.Run()
	chromiumEnd()
	os.Exit(code)
}

// browseStudy makes a synthetic experiment and opens its page.
func browseStudy(t *testing.T, name string, width, height int64) *tab {
	t.Helper()
	needBrowser(t)
	dir := t.TempDir()
	pageOf(t, dir, studies()[name])
	return browse(t, "file://"+filepath.Join(dir, result.IndexFile), width, height)
}

func (b *tab) run(actions ...chromedp.Action) {
	b.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// js evaluates an expression to JSON.
func (b *tab) js(format string, args ...any) string {
	b.Helper()
	expression := format
	if len(args) > 0 {
		expression = fmt.Sprintf(format, args...)
	}
	var value json.RawMessage
	if err := chromedp.Run(b.ctx, chromedp.Evaluate("JSON.stringify((() => { return "+expression+" })() ?? null)", &value)); err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	var text string
	must(b, json.Unmarshal(value, &text))
	return text
}

// want evaluates an expression, first after the next frame has been drawn.
func (b *tab) want(expression, want string) {
	b.Helper()
	got := ""
	for range 300 {
		if got = b.js("%s", expression); got == want {
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	b.Errorf("%s is %s, want %s", expression, got, want)
}

// until waits until an expression is true.
func (b *tab) until(expression string) {
	b.Helper()
	for range 600 {
		if b.js("!!(%s)", expression) == "true" {
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	b.Fatalf("%s never became true", expression)
}

// click clicks with the mouse at a visible point, when the element has come to rest there.
func (b *tab) click(selector string) {
	b.Helper()
	x, y := b.at(selector)
	for range 100 {
		nextX, nextY := b.at(selector)
		if nextX == x && nextY == y {
			break
		}
		x, y = nextX, nextY
	}
	b.run(chromedp.MouseClickXY(x, y))
}

// settle waits until the requested content is on the screen.
func (b *tab) settle() {
	b.Helper()
	b.run(chromedp.Evaluate(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`, new(bool),
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// at returns the middle of an element, after scrolling it into view.
func (b *tab) at(selector string) (x, y float64) {
	b.Helper()
	b.settle()
	q, _ := json.Marshal(selector)
	text := b.js(`(() => { const e = document.querySelector(%s); if (!e) return null; e.scrollIntoView({ block: "center", behavior: "instant" }); const r = e.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; })()`, q)
	var at []float64
	must(b, json.Unmarshal([]byte(text), &at))
	if len(at) != 2 {
		b.Fatalf("nothing is %s", selector)
	}
	return at[0], at[1]
}

func (b *tab) drag(fromX, fromY, toX, toY float64) {
	b.Helper()
	b.run(
		cdinput.DispatchMouseEvent(cdinput.MousePressed, fromX, fromY).WithButton(cdinput.Left).WithClickCount(1),
		cdinput.DispatchMouseEvent(cdinput.MouseMoved, (fromX+toX)/2, (fromY+toY)/2).WithButton(cdinput.Left),
		cdinput.DispatchMouseEvent(cdinput.MouseMoved, toX, toY).WithButton(cdinput.Left),
		cdinput.DispatchMouseEvent(cdinput.MouseReleased, toX, toY).WithButton(cdinput.Left).WithClickCount(1))
}

func (b *tab) wheel(x, y, by float64) {
	b.Helper()
	b.run(cdinput.DispatchMouseEvent(cdinput.MouseWheel, x, y).WithDeltaX(0).WithDeltaY(by))
}

func (b *tab) press(keys string) {
	b.Helper()
	b.run(chromedp.KeyEvent(keys))
}

// choose sets a control and sends the page the same events as a user.
func (b *tab) choose(selector, value string) {
	b.Helper()
	q, _ := json.Marshal(selector)
	v, _ := json.Marshal(value)
	b.js(`(() => { const e = document.querySelector(%s); e.value = %s; e.dispatchEvent(new Event("input", { bubbles: true })); e.dispatchEvent(new Event("change", { bubbles: true })); })()`, q, v)
}

// typeInto types into a field and replaces its content.
func (b *tab) typeInto(selector, text string) {
	b.Helper()
	b.js(`(() => { const e = document.querySelector(%q); e.focus(); e.select(); })()`, selector)
	b.press(kb.Backspace)
	b.press(text)
}

var shots = os.Getenv("NST_SHOTS") // a directory for screenshots of the tested pages

// shot saves a screenshot of the window if NST_SHOTS is set.
func (b *tab) shot(name string) {
	b.Helper()
	if shots == "" {
		return
	}
	var data []byte
	b.run(chromedp.CaptureScreenshot(&data))
	must(b, os.WriteFile(filepath.Join(shots, strings.ReplaceAll(b.Name(), "/", "-")+"-"+name+".png"), data, 0o644))
}
