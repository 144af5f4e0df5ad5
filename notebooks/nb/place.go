package nb

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gonst/workbench/notebooks/internal/host"
)

// Place is a place in the cell's output whose content can be replaced: for
// progress, of a sweep for instance.
//
//	place := nb.NewPlace()
//	place.Show(table) // as often as you like: at most a few times a second are shown
type Place struct {
	// Interval is the least time between two updates: 400 ms unless said.
	Interval time.Duration

	id    string
	shown bool
	next  time.Time
}

// NewPlace is a place that appears with the first Show.
func NewPlace() *Place { return &Place{} }

var places atomic.Uint64

// Show replaces the content, unless the last time was a moment ago. Outside a
// notebook it writes the plain text to [Writer].
func (p *Place) Show(v any) {
	if time.Now().Before(p.next) {
		return
	}
	p.ShowNow(v)
}

// ShowNow replaces the content in any case: for what is to stay.
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
	// Drawing is to take no more than a tenth of the time.
	p.next = time.Now().Add(max(interval, 9*time.Since(began)))
}
