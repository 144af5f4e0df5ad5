package nb

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gonst/workbench/notebooks/internal/host"
)

// Place is a place in the cell's output with replaceable content, for example the
// progress of a sweep.
//
//	place := nb.NewPlace()
//	place.Show(table) // as often as you like: at most a few times a second are shown
type Place struct {
	// Interval is the minimum time between two updates, by default 400 ms.
	Interval time.Duration

	id    string
	shown bool
	next  time.Time
}

// NewPlace returns a place that appears with the first Show.
func NewPlace() *Place { return &Place{} }

var places atomic.Uint64

// Show replaces the content, unless the last update was too recent. Outside a notebook
// it writes the plain text to [Writer].
func (p *Place) Show(v any) {
	if time.Now().Before(p.next) {
		return
	}
	p.ShowNow(v)
}

// ShowNow always replaces the content. Use it for final content.
func (p *Place) ShowNow(v any) {
	began := time.Now()
	data := form(v)
	interval := p.Interval
	if interval <= 0 {
		interval = 400 * time.Millisecond
	}
	if p.id == "" {
		p.id = "nst " + strconv.FormatInt(time.Now().UnixNano(), 36) + " " + strconv.FormatUint(places.Add(1), 10)
	}
	if host.Attached() {
		host.Show(p.id, p.shown, data)
		p.shown = true
	} else if Writer != nil {
		fmt.Fprintln(Writer, data["text/plain"])
		interval = max(interval, 2*time.Second)
	}
	// Drawing takes at most a tenth of the time.
	p.next = time.Now().Add(max(interval, 9*time.Since(began)))
}
