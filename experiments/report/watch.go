package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// A watcher holds the newest state of one live page. It reads the directories anew only
// after a request, and only if something in them has changed.
type watcher struct {
	dirs   []string
	base   string // the base directory of the page's links
	events string // the page's URL for changes

	mu     sync.Mutex
	stamp  string    // of the files from which the state was made
	looked time.Time // time of the last check
	took   time.Duration
	now    state
	album  linked
	err    error
}

// state is the content of a live page at one moment.
type state struct {
	version string
	model   *model
	head    []byte   // the model without its runs, as JSON
	runs    [][]byte // each run as JSON
}

// interval is the minimum time between two checks of the directories.
const interval = time.Second

// look returns the newest state.
func (w *watcher) look() (state, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	// A directory that takes long to read is read less often.
	if time.Since(w.looked) < max(interval/2, 5*w.took) && w.err == nil && w.now.model != nil {
		return w.now, nil
	}
	stamp := stampOf(w.dirs)
	if stamp == w.stamp && w.err == nil && w.now.model != nil {
		w.looked = time.Now()
		return w.now, nil
	}
	began := time.Now()
	next, err := w.read()
	w.looked, w.took, w.stamp, w.err = time.Now(), time.Since(began), stamp, err
	if err == nil {
		w.now = next
	}
	return next, err
}

func (w *watcher) read() (state, error) {
	s, err := open(w.dirs)
	if err != nil {
		return state{}, err
	}
	w.album.base = w.base
	m := newModel(s, w.base, &w.album)
	m.Live, m.Events = true, w.events
	next := state{model: m}
	sum := sha256.New()
	for _, r := range m.Runs {
		data, err := json.Marshal(r)
		if err != nil {
			return state{}, err
		}
		next.runs = append(next.runs, data)
		sum.Write(data)
	}
	head := *m
	head.Runs = nil
	if next.head, err = json.Marshal(&head); err != nil {
		return state{}, err
	}
	sum.Write(next.head)
	next.version = hex.EncodeToString(sum.Sum(nil)[:8])
	m.Version = next.version
	return next, nil
}

// whole returns the state as one model.
func (s state) whole() []byte {
	data, err := json.Marshal(s.model)
	if err != nil { // every run has been marshalled before
		return nil
	}
	return data
}

// since returns the changes since another state of the same page: the head, and the
// runs that differ with their indices. It returns nil if nothing has changed.
func (s state) since(old state) []byte {
	if s.version == old.version {
		return nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"head":%s,"runs":[`, s.head)
	n := 0
	for i, r := range s.runs {
		if i < len(old.runs) && bytes.Equal(r, old.runs[i]) {
			continue
		}
		if n > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "[%d,%s]", i, r)
		n++
	}
	b.WriteString("]}")
	return b.Bytes()
}

// follow calls f with every new state until the context ends or f fails.
func (w *watcher) follow(ctx context.Context, f func(state, error) error) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if err := f(w.look()); err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
