package launch

import (
	"cmp"
	"context"
	"runtime"
	"sync"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/run"
	"github.com/gonst/workbench/experiments/store"
)

// A Pool is the launcher in this process.
type Pool struct {
	*Queue
	maker  run.Maker
	mutex  sync.Mutex
	byName map[string]plan.Run
}

// NewPool makes the launcher for these runs. If the division gives no number of threads, the
// runs that are made at the same time share the cores.
func NewPool(runs []plan.Run, d Division, program string) *Pool {
	var all []*config.Config
	for _, r := range runs {
		all = append(all, r.Config)
	}
	p := &Pool{maker: run.NewMaker(program, all), byName: map[string]plan.Run{}}
	for _, r := range runs {
		p.byName[r.Name] = r
	}
	cores := runtime.GOMAXPROCS(0)
	p.Queue = NewQueue(d.Jobs, func(ctx context.Context, t Task, together int, report func(int, float64)) error {
		r := p.named(t.Run)
		defer p.maker.Networks.Done(r.Config)
		return p.maker.Make(ctx, store.Store{Dir: t.Dir}, r, cmp.Or(d.Threads, max(1, cores/together)), report)
	})
	return p
}

// Add makes the pool accept one more run: a trial of a search.
func (p *Pool) Add(r plan.Run) {
	p.mutex.Lock()
	p.byName[r.Name] = r
	p.mutex.Unlock()
	p.maker.Networks.Expect(r.Config)
}

func (p *Pool) named(name string) plan.Run {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.byName[name]
}
