package report

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/memory"
	"github.com/chromedp/chromedp"

	"github.com/gonst/workbench/experiments/result"
)

// served makes a directory of two experiments. A file, a directory and links to them
// are beside it and must stay hidden.
func served(t *testing.T) (s *httptest.Server, root string, dirs []string) {
	t.Helper()
	root, dirs = two(t)
	outside := t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "secret.png"), []byte("secret"), 0o644))
	must(t, os.WriteFile(filepath.Join(root, "secret.txt"), []byte("secret"), 0o644))
	e, err := result.Open(dirs[0])
	must(t, err)
	run := filepath.Join(dirs[0], e.Runs[0].Dir)
	must(t, os.MkdirAll(filepath.Join(run, result.FramesDir), 0o755))
	must(t, os.Symlink(filepath.Join(outside, "secret.png"), filepath.Join(run, result.FramesDir, "000000.png")))
	must(t, os.Symlink(outside, filepath.Join(dirs[0], result.PlotsDir)))
	must(t, os.Symlink("../../secret.txt", filepath.Join(dirs[0], result.SummaryFile)))
	copied := t.TempDir() // an experiment in another place, with a link to it
	synthetic{name: "away", steps: 10, every: 5, width: 8, height: 6}.make(t, copied)
	must(t, os.Symlink(copied, filepath.Join(root, "away")))
	must(t, os.WriteFile(filepath.Join(run, "secret.html"), []byte("secret"), 0o644))
	must(t, os.WriteFile(filepath.Join(run, ".hidden.png"), []byte("secret"), 0o644))
	h, err := Handler(root)
	must(t, err)
	s = httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s, root, dirs
}

// get sends a request with exactly this path.
func get(t *testing.T, s *httptest.Server, method, path string, header ...string) (int, string, http.Header) {
	t.Helper()
	request, err := http.NewRequest(method, s.URL, nil)
	must(t, err)
	request.URL.Opaque = path
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			request.Host = header[i+1]
		}
		request.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 20 * time.Second}
	answer, err := client.Do(request)
	must(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	return answer.StatusCode, string(body), answer.Header
}

func TestServePages(t *testing.T) {
	s, _, dirs := served(t)
	e, err := result.Open(dirs[0])
	must(t, err)
	run := strings.ReplaceAll(e.Runs[0].Dir, "=", "%3D")
	for path, want := range map[string]string{
		"/": `href="./one/"`, "/one/": `id="model"`, "/one/index.html": `id="model"`, "/other/": `"live":true`, "/+compare/?dir=one&dir=other": "one and other",
		"/one/plan.toml": "experiment", "/one/" + run + "/config.toml": "adam", "/one/" + run + "/metrics.csv": "step,", "/one/" + run + "/image.png": "PNG", "/one/" + run + "/image.png?v=1": "PNG",
	} {
		status, body, header := get(t, s, "GET", path)
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: status %d, %.80q; want %q", path, status, body, want)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'none'") || header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: headers %v", path, header)
		}
		if status, body, _ := get(t, s, "HEAD", path); status != http.StatusOK || body != "" {
			t.Errorf("HEAD %s: status %d, %d bytes", path, status, len(body))
		}
	}
	if status, _, header := get(t, s, "GET", "/one"); status != http.StatusFound || header.Get("Location") != "/one/" {
		t.Errorf("/one: status %d to %q", status, header.Get("Location"))
	}
}

// The server answers nothing outside of the directory, and no file that a page does not
// refer to.
func TestServeOnlyWhatIsShown(t *testing.T) {
	s, root, dirs := served(t)
	e, err := result.Open(dirs[0])
	must(t, err)
	run := e.Runs[0].Dir
	for _, path := range []string{
		"/../secret.txt", "/one/../secret.txt", "/one/../../etc/passwd", "/%2e%2e/secret.txt", "/one/%2e%2e/secret.txt", "/one/..%2fsecret.txt", "/one/%2e%2e%2fsecret.txt",
		"/one/%252e%252e/secret.txt", "/one/..%5csecret.txt", `/one/..\secret.txt`, "/one//plan.toml", "/./one/", "/one/./plan.toml", "/one/" + run + "/../plan.toml", "//etc/passwd", "/%2fetc/passwd", "/one/%00plan.toml",
		"/secret.txt", "/one/summary.csv", "/one/" + run + "/frames/000000.png", "/one/plots/secret.png", "/one/" + run + "/secret.html", "/one/" + run + "/.hidden.png",
		"/away/", "/away/plan.toml", "/one/" + run + "/", "/one/" + run, "/one/.attempts/", "/one/" + run + "/checkpoint", "/nowhere/", "/one/nowhere.png", "/one/.report",
		"/+compare/", "/+compare/?dir=../x", "/+compare/?dir=away", "/+compare/?dir=one&dir=nowhere", "/+compare/plan.toml?dir=one", "/one/events/x", "/one/CON", "/one/plan.toml/",
		"/" + root + "/secret.txt", "/one/?/../secret.txt&", "/favicon.ico",
	} {
		status, body, _ := get(t, s, "GET", path)
		if strings.Contains(body, "secret") && !strings.Contains(body, "model") || strings.Contains(body, "root:x:") || status == http.StatusOK && !strings.HasPrefix(path, "/one/?") {
			t.Errorf("%s: status %d, %.60q", path, status, body)
		}
		if strings.Contains(body, filepath.Dir(root)) {
			t.Errorf("%s: tells where the directory lies", path)
		}
	}
}

func TestServeOnlyReads(t *testing.T) {
	s, _, _ := served(t)
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"} {
		if status, _, header := get(t, s, method, "/one/plan.toml"); status != http.StatusMethodNotAllowed || header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d", method, status)
		}
	}
}

// A foreign page whose name was directed to this server gets no answer.
func TestServeHost(t *testing.T) {
	root, _ := two(t)
	h, err := Handler(root, "lab")
	must(t, err)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	for host, welcome := range map[string]bool{
		"localhost": true, "localhost:8788": true, "127.0.0.1": true, "127.0.0.1:80": true, "[::1]:8788": true, "LocalHost.": true, "lab:8788": true, "192.168.1.7": true,
		"evil.example": false, "evil.example:8788": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "lab.evil.example": false,
	} {
		if status, _, _ := get(t, s, "GET", "/one/", "Host", host); (status == http.StatusOK) != welcome {
			t.Errorf("host %s: status %d", host, status)
		}
	}
}

func TestServeOneExperiment(t *testing.T) {
	_, dirs := two(t)
	h, err := Handler(dirs[0])
	must(t, err)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	if status, body, _ := get(t, s, "GET", "/"); status != http.StatusOK || !strings.Contains(body, `id="model"`) {
		t.Errorf("status %d", status)
	}
	if status, _, _ := get(t, s, "GET", "/plan.toml"); status != http.StatusOK {
		t.Errorf("plan.toml: status %d", status)
	}
	must(t, os.WriteFile(filepath.Join(dirs[0], result.PlanFile), []byte("format = 99\n"), 0o644))
	time.Sleep(600 * time.Millisecond)
	if status, body, _ := get(t, s, "GET", "/"); status != http.StatusInternalServerError || !strings.Contains(body, "format 99") || strings.Contains(body, dirs[0]) {
		t.Errorf("of a directory that cannot be read: status %d, %q", status, body)
	}
	if _, err := Handler(filepath.Join(dirs[0], "nowhere")); err == nil {
		t.Error("a directory that is not there is served")
	}
	if _, err := Handler(filepath.Join(dirs[0], result.PlanFile)); err == nil {
		t.Error("a file is served")
	}
}

// growing is an experiment with one running run and one run that has not begun.
func growing(t *testing.T) (dir string, grow func()) {
	t.Helper()
	dir = t.TempDir()
	s := synthetic{name: "growing", steps: 100, every: 5, width: 40, height: 30, axes: []result.Axis{axis("rate", "", "1", "2", "3")},
		status: func(i int) result.Status { return []result.Status{result.Done, result.Running, result.Waiting}[i] }}
	s.make(t, dir)
	e, err := result.Open(dir)
	must(t, err)
	return dir, func() {
		run := e.Runs[1]
		at := filepath.Join(dir, run.Dir, result.MetricsFile)
		data, err := os.ReadFile(at)
		must(t, err)
		lines := strings.Split(strings.TrimSpace(string(data)), "\n")
		_, rest, _ := strings.Cut(lines[len(lines)-1], ",")
		must(t, os.WriteFile(at, []byte(string(data)+"77,"+rest+"\n"), 0o644))
	}
}

// The page receives all changes, and only those.
func TestServeEvents(t *testing.T) {
	dir, grow := growing(t)
	h, err := Handler(dir)
	must(t, err)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	_, page, _ := get(t, s, "GET", "/")
	have := modelOf(t, page).Version
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel) // before the server closes, which waits for its clients
	read := func(query string) *bufio.Scanner {
		request, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/events?have="+query, nil)
		must(t, err)
		answer, err := http.DefaultClient.Do(request)
		must(t, err)
		t.Cleanup(func() { answer.Body.Close() })
		if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
			t.Fatalf("content type %s", got)
		}
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 16<<20)
		return lines
	}
	next := func(lines *bufio.Scanner, event string) string {
		for lines.Scan() {
			if lines.Text() == "event: "+event {
				lines.Scan()
				return strings.TrimPrefix(lines.Text(), "data: ")
			} else if strings.HasPrefix(lines.Text(), "event: ") {
				t.Fatalf("%s, want the event %s", lines.Text(), event)
			}
		}
		t.Fatalf("no event %s: %v", event, lines.Err())
		return ""
	}
	old := read("something-else")
	if got := next(old, "model"); !strings.Contains(got, `"version":"`+have+`"`) {
		t.Errorf("the whole is not the page's: %.200s", got)
	}
	current := read(have)
	time.AfterFunc(300*time.Millisecond, grow)
	got := next(current, "runs")
	if !strings.Contains(got, `"runs":[[1,{`) || !strings.Contains(got, `"steps":77`) || strings.Contains(got, "],[") && strings.Contains(got, `[0,{`) {
		t.Errorf("%.300s", got)
	}
	next(old, "runs")
}

// The live page in a browser: a change on the disk changes the page in place, and the
// user's settings stay.
func TestServeInABrowser(t *testing.T) {
	needBrowser(t)
	dir, grow := growing(t)
	h, err := Handler(dir)
	must(t, err)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	b := browse(t, s.URL+"/", 1200, 800)
	b.until(`document.querySelector("#live").textContent === "live" && document.querySelector("#live").classList.contains("on")`)
	b.until(`[...document.querySelectorAll(".pic img")].every((i) => i.complete && i.naturalWidth > 0)`)
	b.click(`#rows tr[data-run="1"] .dot`)
	b.js(`document.querySelector('#rows tr[data-run="1"] .dot').focus()`)
	b.js(`document.querySelector("#rows").dataset.mark = "old"`)
	was := b.js(`curves.lines.find((l) => l.run === 1).points.length`)
	grow()
	b.until(`curves.lines.find((l) => l.run === 1).points.length > ` + was)
	b.want(`page.model.runs[1].steps`, "77")
	b.want(`document.querySelector("#rows tr.picked").dataset.run`, `"1"`)
	b.want(`document.activeElement.closest("tr")?.dataset.run`, `"1"`)
	b.until(`document.querySelector("#doctor").textContent.includes("At step 77 of 100")`)
	b.want(`document.querySelector("#live").className`, `"live on"`)
	b.shot("live")
}

// For any URL, the server only looks up paths within the directory.
func FuzzServePath(f *testing.F) {
	for _, path := range []string{"/", "/one/plan.toml", "/../x", "/a/./b", "/a//b", "/a\\b", "/\x00", "/.attempts/a/b/image.png", "/+compare/"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		name, ok := clean(path)
		if !ok {
			return
		}
		if name != "" && !filepath.IsLocal(filepath.FromSlash(strings.TrimSuffix(name, "/"))) || strings.Contains(name, "\x00") {
			t.Errorf("%q is looked for as %q", path, name)
		}
		if shown(name) && strings.Contains(name, "..") && !filepath.IsLocal(name) {
			t.Errorf("%q is shown", name)
		}
	})
}

// A live page is open for days: the objects of one event must be released before the
// next.
func TestLivePageDoesNotGrow(t *testing.T) {
	b := browseStudy(t, "six", 1200, 800)
	const listeners = `Object.values(page.listeners).reduce((n, all) => n + all.length, 0)`
	event := func(times int) {
		for range times {
			b.js(`take(JSON.parse(JSON.stringify(page.model)))`)
			b.settle()
		}
	}
	counts := func() (nodes, handlers int64) {
		b.run(chromedp.ActionFunc(func(ctx context.Context) error {
			if err := heapprofiler.CollectGarbage().Do(ctx); err != nil {
				return err
			}
			var err error
			_, nodes, handlers, err = memory.GetDOMCounters().Do(ctx)
			return err
		}))
		return nodes, handlers
	}
	event(3)
	was := b.js(listeners)
	nodes, handlers := counts()
	event(20)
	b.want(listeners, was)
	if after, on := counts(); after > nodes+nodes/5 || on > handlers+handlers/5 {
		t.Errorf("20 events take the page from %d nodes and %d handlers to %d and %d", nodes, handlers, after, on)
	}
	b.want(`document.querySelectorAll(".mini canvas").length > 0`, "true")
	b.js(`(page.model.series = page.model.series.filter((s) => s.key !== "style"), take(page.model))`)
	b.want(`document.querySelectorAll('.mini[data-series="style"]').length`, "0")
	b.want(`document.querySelectorAll(".mini").length === minis.series().length`, "true")
}
