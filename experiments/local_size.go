package experiments

import (
	"runtime"
	"strings"
)

// How many runs go at a time in this process, and with how many threads each.
// Nothing here changes a result.

// small is the number of pixels up to which a run gains little from a second
// thread, so that one run a core gets most done.
const small = 512 * 512

// newPool makes the local launcher for these runs.
func newPool(runs []*Config, d Division, program string) *Local {
	m := maker{program, newNetworks(runs)}
	l := newLocal(d.Jobs, d.Threads, runtime.GOMAXPROCS(0), m.make)
	l.over = func(t Task) { m.networks.done(t.Run.Config) }
	return l
}

// Parallel is how many runs a sweep makes at a time, and with how many threads
// each, unless the options say so or a sweep, long enough, finds better by trying.
func Parallel(plan *Plan, o SweepOptions) (jobs, threads int) {
	var all []*Config
	for _, r := range plan.Runs {
		all = append(all, r.Config)
	}
	cores := runtime.GOMAXPROCS(0)
	if jobs = o.Jobs; jobs < 1 {
		jobs = defaultJobs(all, cores, availableMemory())
	}
	if threads = o.Threads; threads < 1 {
		threads = max(1, cores/jobs)
	}
	return jobs, threads
}

// defaultJobs chooses the number of runs at a time: one a core while the
// pictures are small, one alone (on all cores) when they are large, and never
// more than fit into the memory (bytes; 0 is unknown).
func defaultJobs(runs []*Config, cores int, memory uint64) int {
	for _, c := range runs {
		if c.pixels() > small {
			return 1
		}
	}
	return mostJobs(runs, cores, memory)
}

// mostJobs is the number of runs that there are cores and memory for.
func mostJobs(runs []*Config, cores int, memory uint64) int {
	bytes := 0.0
	for _, c := range runs {
		bytes = max(bytes, c.guessMemory())
	}
	jobs := min(cores, len(runs))
	if memory > 0 && bytes > 0 {
		jobs = min(jobs, int(0.7*float64(memory)/bytes))
	}
	return max(jobs, 1)
}

// pixels is the size of the result, at most: the file gives one side.
func (c *Config) pixels() float64 {
	side := float64(c.Images.Size)
	if side == 0 {
		side = 512
	}
	return side * side
}

// work is the cost of a step relative to another run's.
func (c *Config) work() float64 { return c.pixels() }

// guessMemory is what a run needs, in bytes, when nothing has been measured: per
// pixel of the picture, maps with their gradients and the optimiser's vectors, with
// one copy for a checkpoint; and VGG's filters, as read and prepared both ways. The
// figures are nst plan's of both networks at 256 and 512 pixels.
func (c *Config) guessMemory() float64 {
	vectors := 8.0
	if c.Optimizer.History > 0 {
		vectors += 4 * float64(c.Optimizer.History+1)
	}
	maps, fixed := 1750.0, 100e6
	if strings.HasPrefix(c.Network.Name, "vgg") {
		width := max(c.Network.Width, 1) // narrow ones take less
		fixed += 550e6 * width * width
	}
	return fixed + c.pixels()*(maps+12*vectors)
}
