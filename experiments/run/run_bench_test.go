package run_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/planned"
	"github.com/gonst/workbench/experiments/run"
	"github.com/gonst/workbench/experiments/store"
)

// BenchmarkRun makes a run of three steps and publishes it, as a sweep does after its first run.
func BenchmarkRun(b *testing.B) {
	for _, more := range [][]string{nil, {"log.yardstick=0", "log.measures=false", "log.frames=0"}} {
		b.Run(fmt.Sprint(len(more)), func(b *testing.B) { benchmarkRun(b, more...) })
	}
}

func benchmarkRun(b *testing.B, more ...string) {
	p, _ := planned.Small(b, append(more, "run.steps=3", "log.checkpoint_seconds=60")...)
	r := p.Runs[0]
	m := run.NewMaker("test", []*config.Config{r.Config})
	n, last := 0, time.Now()
	var before, after time.Duration
	for b.Loop() {
		n++
		s, _, _, err := store.Open(fmt.Sprint(b.TempDir(), n), p)
		if err != nil {
			b.Fatal(err)
		}
		began, first := time.Now(), time.Time{}
		if err := m.Make(b.Context(), s, r, 1, func(int, float64) {
			if last = time.Now(); first.IsZero() {
				first = last
			}
		}); err != nil {
			b.Fatal(err)
		}
		before += first.Sub(began)
		after += time.Since(last)
	}
	b.ReportMetric(before.Seconds()*1000/float64(n), "ms-before")
	b.ReportMetric(after.Seconds()*1000/float64(n), "ms-after")
}
