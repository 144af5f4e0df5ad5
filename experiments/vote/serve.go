package vote

import (
	_ "embed" // the page
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gonst/workbench/experiments/internal/hosts"
	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/result"
)

//go:embed page.html
var page []byte

// policy lets the page's own script and style run, and nothing else.
const policy = "default-src 'none'; img-src 'self' data:; connect-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// server shows pairs of pictures to browsers and appends their answers to File. The
// browser learns nothing about a run but its picture: pictures have numbers, in an order
// of their own.
type server struct {
	dir   string
	hosts []string
	mux   *http.ServeMux

	mu     sync.Mutex
	random *rand.Rand
	runs   []picture
	grows  bool                       // a search makes further pictures
	looked time.Time                  // for further pictures
	voted  map[string]map[[2]int]bool // by voter: pairs that the voter judged, the smaller number first
	total  map[[2]int]int             // votes of all voters on a pair
	judged map[int]int                // votes on a picture
}

type picture struct{ id, path string }

// Handler serves the voting page of an experiment's directory. It answers only requests
// whose host is an address, "localhost", or one of hosts. The seed gives the order of
// pictures, pairs and sides. The warnings are about lines of File that are ignored. It
// also shows pictures that a search adds later.
func Handler(dir string, seed uint64, hosts ...string) (h http.Handler, warnings []string, err error) {
	s := &server{dir: dir, hosts: hosts, mux: http.NewServeMux(), random: rand.New(rand.NewPCG(seed, 0)), voted: map[string]map[[2]int]bool{}, total: map[[2]int]int{}, judged: map[int]int{}}
	if err := s.look(); err != nil {
		return nil, nil, err
	}
	if len(s.runs) < 2 && !s.grows {
		return nil, nil, mistake.Errorf("%s has %d finished runs with a picture; a vote needs two: run `nst sweep` first", dir, len(s.runs))
	}
	votes, warnings, err := Read(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range votes {
		if a, b := s.number(v.Left), s.number(v.Right); a >= 0 && b >= 0 {
			s.count(v.Voter, a, b)
		}
	}
	s.mux.HandleFunc("GET /{$}", s.page)
	s.mux.HandleFunc("GET /pair", s.pair)
	s.mux.HandleFunc("GET /picture/{number}", s.picture)
	s.mux.HandleFunc("POST /vote", s.vote)
	return s, warnings, nil
}

// look adds the pictures of runs that it does not know, in random order.
func (s *server) look() error {
	e, err := result.OpenStates(s.dir, nil)
	if err != nil {
		return err
	}
	s.looked = time.Now()
	s.grows = e.Plan.Search != nil && slices.Contains(e.Plan.Search.Maximize, "votes")
	old := len(s.runs)
	for _, r := range e.Runs {
		known := slices.ContainsFunc(s.runs, func(p picture) bool { return p.id == r.ID })
		path := filepath.Join(s.dir, filepath.FromSlash(r.Dir), result.ImageFile)
		if info, err := os.Stat(path); r.Published && !known && err == nil && info.Mode().IsRegular() {
			s.runs = append(s.runs, picture{r.ID, path})
		}
	}
	added := s.runs[old:]
	s.random.Shuffle(len(added), func(i, j int) { added[i], added[j] = added[j], added[i] })
	return nil
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	if !hosts.Welcome(r.Host, s.hosts) {
		http.Error(w, "this server does not answer for the host "+strconv.Quote(r.Host)+"; see nst vote --help", http.StatusMisdirectedRequest)
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *server) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page)
}

func (s *server) picture(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("number"))
	path := ""
	s.mu.Lock()
	if err == nil && n >= 0 && n < len(s.runs) {
		path = s.runs[n].path
	}
	s.mu.Unlock()
	if path == "" {
		http.NotFound(w, r)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		http.Error(w, "the picture cannot be read", http.StatusInternalServerError)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", "image/png")
	http.ServeContent(w, r, "", time.Time{}, f)
}

// question is what the page asks for: two numbers of pictures, and how far the voter is.
type question struct {
	Left  int  `json:"left"`
	Right int  `json:"right"`
	Done  int  `json:"done"`
	Of    int  `json:"of"`
	End   bool `json:"end"`   // the voter has judged all pairs
	Grows bool `json:"grows"` // further pictures may come
}

// again is how long the server does not look for further pictures after it has.
const again = time.Second

// pair chooses a pair that the voter has not judged: one with the picture that has the
// fewest votes, and of these one with the fewest votes, in random order and on random sides.
func (s *server) pair(w http.ResponseWriter, r *http.Request) {
	voter := r.URL.Query().Get("voter")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.grows && time.Since(s.looked) > again {
		_ = s.look() // a plan that is being written: the next request looks again
	}
	q := question{Done: len(s.voted[voter]), Of: len(s.runs) * (len(s.runs) - 1) / 2, Grows: s.grows}
	order := func(p [2]int) [3]int {
		a, b := s.judged[p[0]], s.judged[p[1]]
		return [3]int{min(a, b), s.total[p], max(a, b)}
	}
	var open [][2]int
	for b := range s.runs {
		for a := range b {
			pair := [2]int{a, b}
			if s.voted[voter][pair] {
				continue
			}
			if len(open) > 0 {
				switch x, y := order(pair), order(open[0]); slices.Compare(x[:], y[:]) {
				case 1:
					continue
				case -1:
					open = open[:0]
				}
			}
			open = append(open, pair)
		}
	}
	if q.End = len(open) == 0; !q.End {
		pair := open[s.random.IntN(len(open))]
		if s.random.IntN(2) == 0 {
			pair[0], pair[1] = pair[1], pair[0]
		}
		q.Left, q.Right = pair[0], pair[1]
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(q)
}

// vote writes an answer. A page of another site cannot send one: a request with this type
// of content needs this server's consent there, which it never gives.
func (s *server) vote(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		http.Error(w, "a vote is application/json", http.StatusUnsupportedMediaType)
		return
	}
	var answer struct {
		Voter       string
		Left, Right int
		Choice      Choice
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxLine)).Decode(&answer); err != nil {
		http.Error(w, "a vote is {voter, left, right, choice}: "+err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, n := answer, len(s.runs); min(a.Left, a.Right) < 0 || max(a.Left, a.Right) >= n {
		http.Error(w, "there is no such picture", http.StatusBadRequest)
		return
	}
	v := Vote{Time: time.Now().UTC(), Voter: strings.TrimSpace(answer.Voter), Left: s.runs[answer.Left].id, Right: s.runs[answer.Right].id, Choice: answer.Choice}
	err := Append(s.dir, v)
	if mistake.Is(err) {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	} else if err != nil {
		http.Error(w, "the vote could not be written: "+strings.ReplaceAll(err.Error(), s.dir, "."), http.StatusInternalServerError)
		return
	}
	s.count(v.Voter, answer.Left, answer.Right)
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) count(voter string, a, b int) {
	pair := [2]int{min(a, b), max(a, b)}
	if s.voted[voter] == nil {
		s.voted[voter] = map[[2]int]bool{}
	}
	s.voted[voter][pair] = true
	s.total[pair]++
	s.judged[a]++
	s.judged[b]++
}

func (s *server) number(id string) int {
	return slices.IndexFunc(s.runs, func(p picture) bool { return p.id == id })
}
