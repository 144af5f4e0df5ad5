package report

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gonst/workbench/experiments/internal/hosts"
	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/result"
)

// A live page is the page on the disk that also receives changes while a sweep runs.
// The server only reads: it answers GET and HEAD, for the files that a page refers to,
// and for nothing outside of its directory.

// server serves one directory: an experiment's, or one that holds several.
type server struct {
	dir   string
	hosts []string

	mu       sync.Mutex
	watchers map[string]*watcher
	streams  chan struct{} // one place for each page that receives changes
}

const maxStreams = 64

// Handler serves the page of an experiment's directory. For a directory that holds
// several experiments it serves a list of them, the page of each, and a page about any
// of them together. It answers only requests whose Host is an IP address, "localhost",
// or one of hosts, so that a foreign page cannot direct its own name to this server
// (DNS rebinding).
func Handler(dir string, hosts ...string) (http.Handler, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, mistake.Errorf("%s is not a directory", dir)
	}
	return &server{dir: dir, hosts: hosts, watchers: map[string]*watcher{}, streams: make(chan struct{}, maxStreams)}, nil
}

// together is the path of a page about several experiments. No experiment's directory
// has this name in a URL, because experiments() leaves it out.
const togetherPath = "+compare"

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-cache")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "this server only shows: GET and HEAD", http.StatusMethodNotAllowed)
		return
	case !hosts.Welcome(r.Host, s.hosts):
		http.Error(w, fmt.Sprintf("this server does not answer for the host %q; see nst serve --help", r.Host), http.StatusMisdirectedRequest)
		return
	}
	name, ok := clean(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	if isExperiment(s.dir) {
		s.experiment(w, r, []string{s.dir}, s.dir, name, "events")
		return
	}
	first, rest, deep := strings.Cut(name, "/")
	switch {
	case name == "":
		s.list(w)
	case first == togetherPath:
		s.compare(w, r, rest, deep)
	case !slices.Contains(s.experiments(), first):
		http.NotFound(w, r)
	case !deep:
		http.Redirect(w, r, (&url.URL{Path: "/" + first + "/"}).EscapedPath(), http.StatusFound)
	default:
		dir := filepath.Join(s.dir, first)
		s.experiment(w, r, []string{dir}, dir, rest, "events")
	}
}

// clean returns the path within the directory that a URL's path names, with its final
// slash if it has one. It accepts only the plain form of a path.
func clean(p string) (name string, ok bool) {
	if p == "" || p[0] != '/' || strings.ContainsAny(p, "\\\x00") {
		return "", false
	}
	name = p[1:]
	if name == "" {
		return "", true
	}
	if bare := strings.TrimSuffix(name, "/"); path.Clean("/"+bare) != "/"+bare || !filepath.IsLocal(filepath.FromSlash(bare)) {
		return "", false
	}
	return name, true
}

func isExperiment(dir string) bool {
	info, err := os.Lstat(filepath.Join(dir, result.PlanFile))
	return err == nil && info.Mode().IsRegular()
}

// experiments returns the names of the experiments' directories. It ignores links to
// other places.
func (s *server) experiments() []string {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && e.Name()[0] != '.' && e.Name() != togetherPath && isExperiment(filepath.Join(s.dir, e.Name())) {
			names = append(names, e.Name())
		}
	}
	return names
}

// compare makes a page about the experiments in the query.
func (s *server) compare(w http.ResponseWriter, r *http.Request, rest string, deep bool) {
	var dirs []string
	all := s.experiments()
	for _, name := range r.URL.Query()["dir"] {
		if !slices.Contains(all, name) {
			http.NotFound(w, r)
			return
		}
		dirs = append(dirs, filepath.Join(s.dir, name))
	}
	if !deep || len(dirs) == 0 || rest != "" && rest != "events" {
		http.NotFound(w, r)
		return
	}
	query := url.Values{"dir": r.URL.Query()["dir"]}
	s.experiment(w, r, dirs, filepath.Join(s.dir, togetherPath), rest, "events?"+query.Encode())
}

// experiment answers requests for a page and its files.
func (s *server) experiment(w http.ResponseWriter, r *http.Request, dirs []string, base, name, events string) {
	switch name {
	case "", result.IndexFile:
		s.page(w, r, s.watcher(dirs, base, events))
	case "events":
		s.stream(w, r, s.watcher(dirs, base, events))
	default:
		if len(dirs) > 1 || !shown(name) {
			http.NotFound(w, r)
			return
		}
		serveFile(w, r, dirs[0], name)
	}
}

func (s *server) watcher(dirs []string, base, events string) *watcher {
	key := strings.Join(dirs, "\x00")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watchers[key] == nil {
		if len(s.watchers) > 4*maxStreams { // of many combinations, keep only the latest
			s.watchers = map[string]*watcher{}
		}
		s.watchers[key] = &watcher{dirs: dirs, base: base, events: events}
	}
	return s.watchers[key]
}

func (s *server) page(w http.ResponseWriter, r *http.Request, watch *watcher) {
	now, err := watch.look()
	if err != nil {
		http.Error(w, strings.ReplaceAll(err.Error(), s.dir, "."), http.StatusInternalServerError)
		return
	}
	var b bytes.Buffer
	if err := now.model.write(&b); err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	b.WriteString("</body>\n</html>\n")
	w.Header().Set("Content-Security-Policy", policy(true, true)+"; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if r.Method == http.MethodGet {
		_, _ = w.Write(b.Bytes())
	}
}

// stream sends server-sent events: "model" with the whole model if the page has another
// version, then "runs" with the changes.
func (s *server) stream(w http.ResponseWriter, r *http.Request, watch *watcher) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	flush := http.NewResponseController(w)
	send := func(text string, data []byte) error {
		_ = flush.SetWriteDeadline(time.Now().Add(30 * time.Second))
		if _, err := fmt.Fprintf(w, "%s%s\n\n", text, data); err != nil {
			return err
		}
		return flush.Flush()
	}
	if send("retry: 2000", nil) != nil {
		return
	}
	var sent state
	quiet := 0
	watch.follow(r.Context(), func(now state, err error) error {
		quiet++
		switch {
		case err != nil: // the directory may be incomplete at this moment; the page keeps its state
		case sent.model == nil && r.URL.Query().Get("have") != now.version:
			sent, quiet = now, 0
			return send("event: model\ndata: ", now.whole())
		case sent.model == nil:
			sent = now
		case sent.version != now.version:
			change := now.since(sent)
			event := "runs"
			if len(now.runs) != len(sent.runs) {
				event, change = "model", now.whole()
			}
			sent, quiet = now, 0
			return send("event: "+event+"\ndata: ", change)
		}
		if quiet%10 == 0 {
			return send(": still here", nil)
		}
		return nil
	})
}
