package launch

import (
	"runtime"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/memory"
)

// How many runs go at a time in this process, and with how many threads each.
// Nothing here changes a result.

// small is the number of pixels up to which a run gains little from a second
// thread, so that one run a core gets most done.
const small = 512 * 512

// shared is the number of pixels up to which runs may gain from computing convolutions together.
const shared = 192 * 192

// Small reports whether all runs are so small that two of them a core may be faster than one.
func Small(runs []*config.Config) bool {
	for _, c := range runs {
		if pixels(c) > shared {
			return false
		}
	}
	return true
}

// Parallel gives the number of runs that a sweep makes at a time, and the number of
// threads of each, unless a long sweep finds better ones by trying. A number above 0
// that is given stays as it is.
func Parallel(runs []*config.Config, jobs, threads int) (int, int) {
	cores := runtime.GOMAXPROCS(0)
	if jobs < 1 {
		jobs = defaultJobs(runs, cores, memory.AvailableMemory())
	}
	if threads < 1 {
		threads = max(1, cores/jobs)
	}
	return jobs, threads
}

// defaultJobs chooses the number of runs at a time: one a core while the
// pictures are small, one alone (on all cores) when they are large, and never
// more than fit into the memory (bytes; 0 is unknown).
func defaultJobs(runs []*config.Config, cores int, memory uint64) int {
	for _, c := range runs {
		if pixels(c) > small {
			return 1
		}
	}
	return mostJobs(runs, cores, memory)
}

// mostJobs is the number of runs that there are cores and memory for.
func mostJobs(runs []*config.Config, cores int, memory uint64) int {
	bytes := 0.0
	for _, c := range runs {
		bytes = max(bytes, guess(c, 0))
	}
	jobs := min(cores, len(runs))
	if memory > 0 && bytes > 0 {
		jobs = min(jobs, int(0.7*float64(memory)/bytes))
	}
	return max(jobs, 1)
}

// pixels is the size of the result, at most: the file gives one side.
func pixels(c *config.Config) float64 { return square(c.Images.Size) }

func square(size int) float64 {
	side := float64(size)
	if side == 0 {
		side = 512
	}
	return side * side
}

// Work is the mean cost of a step relative to another run's.
func Work(c *config.Config) float64 {
	work, steps := 0.0, 0
	for _, s := range c.StageList() {
		work += float64(s.Steps) * square(s.Size)
		steps += s.Steps
	}
	return work / float64(max(1, steps))
}
