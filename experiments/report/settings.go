package report

import (
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/gonst/workbench/experiments/result"
)

// settings holds a run's configuration.
type settings struct{ all []result.Setting }

// readSettings reads a run's config.toml. It returns nil if the file cannot be read.
func readSettings(e *result.Experiment, r result.RunState) *settings {
	all := e.Config(r)
	if all == nil {
		return nil
	}
	return &settings{all}
}

// readAllSettings reads the configurations of runs, on all processors.
func readAllSettings(homes []*result.Experiment, runs []result.RunState) []*settings {
	all := make([]*settings, len(runs))
	eachOf(len(runs), func(i int) { all[i] = readSettings(homes[i], runs[i]) })
	return all
}

// eachOf calls f for 0 to n-1, on all processors.
func eachOf(n int, f func(i int)) {
	var group sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), n)
	for w := range workers {
		group.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	group.Wait()
}

// find returns the value of a key, or nil if it has none.
func (s *settings) find(key string) any {
	if s == nil {
		return nil
	}
	i := slices.IndexFunc(s.all, func(x result.Setting) bool { return x.Key == key })
	if i < 0 {
		return nil
	}
	return s.all[i].Value
}

// text returns the value of a key for people, without the directories of files. It
// returns an empty text if the key has no value.
func (s *settings) text(key string) string {
	v := s.find(key)
	if v == nil {
		return ""
	}
	t := result.Setting{Value: v}.Text()
	if result.IsFile(key) {
		parts := strings.Split(t, ", ")
		for i, p := range parts {
			parts[i] = path.Base(p)
		}
		t = strings.Join(parts, ", ")
	}
	return t
}

// number returns the value of a key if it is a number.
func (s *settings) number(key string) (float64, bool) {
	switch v := s.find(key).(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	}
	return 0, false
}

// differing lists the keys whose values differ between the runs, in the order of the
// files. It leaves out the named keys and all keys below them.
func differing(all []*settings, but []string) []string {
	var configs [][]result.Setting
	for _, s := range all {
		if s != nil {
			configs = append(configs, s.all)
		}
	}
	return slices.DeleteFunc(result.Varied(configs), func(key string) bool {
		return slices.ContainsFunc(but, func(b string) bool { return key == b || strings.HasPrefix(key, b+".") })
	})
}
