package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/vote"
)

// A voter uses the page with keys and clicks; the page of the experiment shows what follows.
func TestVoteInBrowser(t *testing.T) {
	dir := t.TempDir()
	studies()["line"].make(t, dir)
	h, warnings, err := vote.Handler(dir, 1)
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	s := httptest.NewServer(h)
	defer s.Close()

	b := browse(t, s.URL, 1100, 700)
	said := `document.getElementById("said").textContent`
	b.until(said + ` == "0 of 10 pairs judged"`)
	b.shot("vote")
	html := b.js(`document.documentElement.outerHTML`)
	if e, err := result.OpenStates(dir, nil); err != nil {
		t.Fatal(err)
	} else {
		for _, r := range e.Runs {
			if strings.Contains(html, r.ID) || strings.Contains(html, r.Name) {
				t.Errorf("the page names the run %s", r.Name)
			}
		}
	}
	b.press(kb.ArrowLeft)
	b.until(said + ` == "1 of 10 pairs judged"`)
	b.press(" ")
	b.until(said + ` == "2 of 10 pairs judged"`)
	b.click("#right")
	b.until(said + ` == "3 of 10 pairs judged"`)
	for k := 4; k < 10; k++ {
		b.press(kb.ArrowRight)
		b.until(fmt.Sprintf(`%s == "%d of 10 pairs judged"`, said, k))
	}
	b.press(kb.ArrowRight)
	b.until(said + `.startsWith("All 10 pairs")`)

	votes, _, err := vote.Read(dir)
	if err != nil || len(votes) != 10 || votes[0].Choice != vote.Left || votes[1].Choice != vote.Equal || votes[2].Choice != vote.Right {
		t.Fatalf("%+v, %v", votes, err)
	}
	if err := Write(dir); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, result.SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || !strings.Contains(strings.Join(rows[0], " "), "preference preference_error votes") {
		t.Errorf("%v, %v", rows[0], err)
	}
}

// The server takes votes from its own page only, about its own pictures.
func TestVoteServerRefuses(t *testing.T) {
	dir := t.TempDir()
	studies()["line"].make(t, dir)
	h, _, err := vote.Handler(dir, 1, "lab")
	if err != nil {
		t.Fatal(err)
	}
	good := `{"voter":"ann","left":0,"right":1,"choice":"left"}`
	for name, c := range map[string]struct {
		method, path, host, kind, body string
		status                         int
	}{
		"a vote":             {"POST", "/vote", "127.0.0.1:8789", "application/json", good, http.StatusNoContent},
		"from a known name":  {"POST", "/vote", "lab:8789", "application/json", good, http.StatusNoContent},
		"a foreign name":     {"POST", "/vote", "evil.example", "application/json", good, http.StatusMisdirectedRequest},
		"a foreign form":     {"POST", "/vote", "localhost", "text/plain", good, http.StatusUnsupportedMediaType},
		"a picture too far":  {"POST", "/vote", "localhost", "application/json", `{"voter":"ann","left":0,"right":5,"choice":"left"}`, http.StatusBadRequest},
		"a negative picture": {"POST", "/vote", "localhost", "application/json", `{"voter":"ann","left":-1,"right":2,"choice":"left"}`, http.StatusBadRequest},
		"one picture":        {"POST", "/vote", "localhost", "application/json", `{"voter":"ann","left":1,"right":1,"choice":"left"}`, http.StatusBadRequest},
		"no voter":           {"POST", "/vote", "localhost", "application/json", `{"voter":" ","left":0,"right":1,"choice":"left"}`, http.StatusBadRequest},
		"no choice":          {"POST", "/vote", "localhost", "application/json", `{"voter":"ann","left":0,"right":1}`, http.StatusBadRequest},
		"no JSON":            {"POST", "/vote", "localhost", "application/json", `left`, http.StatusBadRequest},
		"a book":             {"POST", "/vote", "localhost", "application/json", `{"voter":"` + strings.Repeat("a", 9000) + `"}`, http.StatusBadRequest},
		"a get":              {"GET", "/vote", "localhost", "", "", http.StatusMethodNotAllowed},
		"the votes":          {"GET", "/" + vote.File, "localhost", "", "", http.StatusNotFound},
		"a picture":          {"GET", "/picture/4", "localhost", "", "", http.StatusOK},
		"no picture":         {"GET", "/picture/5", "localhost", "", "", http.StatusNotFound},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Host = c.host
		r.Header.Set("Content-Type", c.kind)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s: %d %s; want %d", name, w.Code, w.Body, c.status)
		}
	}
	if votes, _, err := vote.Read(dir); err != nil || len(votes) != 2 {
		t.Errorf("%d votes, %v; want 2", len(votes), err)
	}
	empty := t.TempDir()
	studies()["waiting"].make(t, empty)
	if _, _, err := vote.Handler(empty, 1); err == nil || !strings.Contains(err.Error(), "0 finished runs") {
		t.Error(err)
	}
}
