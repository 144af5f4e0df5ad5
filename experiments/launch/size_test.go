package launch

import (
	"testing"

	"github.com/gonst/workbench/experiments/config"
)

func TestDefaultJobs(t *testing.T) {
	runs := func(n, size int) []*config.Config {
		all := make([]*config.Config, n)
		for i := range all {
			all[i] = &config.Config{Images: config.Images{Size: size}, Optimizer: config.Optimizer{Options: &config.LBFGS{History: 10}}}
		}
		return all
	}
	for _, c := range []struct {
		runs        []*config.Config
		cores, want int
		memory      uint64
	}{
		{runs(20, 256), 8, 8, 0},
		{runs(3, 256), 8, 3, 0},
		{runs(20, 1024), 8, 1, 0},
		{runs(20, 512), 8, 3, 3 << 30}, // 720 MB each, for all that is known
		{runs(20, 512), 8, 1, 1 << 20},
		{nil, 8, 1, 0},
	} {
		if got := defaultJobs(c.runs, c.cores, c.memory); got != c.want {
			t.Errorf("%d runs, %d cores, %d bytes: %d jobs, want %d", len(c.runs), c.cores, c.memory, got, c.want)
		}
	}
}
