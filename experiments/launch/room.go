package launch

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/memory"
	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/nst"
)

// A run that needs more memory than there is makes the system slow and is then killed,
// after hours perhaps. What a run needs is therefore estimated before it begins.

// guess is what a run needs, in bytes, by a formula that reads no file: the filters,
// the feature maps with their gradients, and the vectors of the optimiser. area is the
// size of the result in pixels; 0: at most the square of the configured size. With the
// usual losses it is exact to a fifth (bench/memory). Others may need three times as much,
// and a network whose deepest layers no loss reads needs less.
func guess(c *config.Config, area float64) float64 {
	if area == 0 {
		area = pixels(c)
	}
	fixed, maps := 60e6, 1190.0 // bytes, and bytes for each pixel
	if n := &c.Network; strings.HasPrefix(n.Name, "vgg") {
		width := max(n.Width, 0.1)
		fixed, maps = 40e6+550e6*width*width, 1180*width
		if c.Run.Memory.Maps() == nst.LowMemory {
			fixed, maps = 40e6+260e6*width*width, 740*width
		}
	} else if n.Filters > 0 {
		maps *= max(float64(n.Filters)/96, 0.2)
	}
	vectors := 6.0 // the picture, its gradient, a line search
	if o := c.Optimizer.Options; o != nil {
		vectors += float64(o.Vectors(max(c.Steps(), 1)))
	}
	need := fixed + area*(maps+12*vectors)
	if bound, ok := c.Run.Memory.Bound(); ok { // beyond it the run is made in tiles, or refused
		need = min(need, max(float64(bound), inTiles(c, area)))
	}
	return need
}

// inTiles is what a run needs at least, in bytes: in the smallest tiles the maps take
// little beside the filters and the vectors.
func inTiles(c *config.Config, area float64) float64 {
	vectors := 10.0
	if o := c.Optimizer.Options; o != nil {
		vectors += float64(o.Vectors(max(c.Steps(), 1)))
	}
	return 300e6 + area*12*vectors
}

// A RoomError says that the memory does not suffice for runs.
type RoomError struct {
	Run         string  // the largest
	Need        float64 // of the runs at the same time, in bytes
	Free        float64 // what the system can provide, in bytes
	Together    int     // runs at the same time
	Suggestions []string
}

func (e *RoomError) Error() string {
	what := "the run " + e.Run + " needs"
	if e.Together > 1 {
		what = fmt.Sprintf("%d runs like %s at the same time need", e.Together, e.Run)
	}
	return fmt.Sprintf("%s about %s of memory, and the system has %s; what suffices, one of:\n  %s",
		what, gigabytes(e.Need), gigabytes(e.Free), strings.Join(e.Suggestions, "\n  "))
}

// Mistake marks the error as one that the user corrects (package mistake).
func (e *RoomError) Mistake() {}

var _ mistake.Error = (*RoomError)(nil)

func gigabytes(n float64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%.0f MB", n/(1<<20))
	}
	return fmt.Sprintf("%.1f GB", n/(1<<30))
}

// Both are replaced by tests.
var (
	available = memory.AvailableMemory
	exactly   = engine.Need
)

// doubt is the factor by which guess may be wrong. Runs that it decides beyond doubt are not
// looked at more closely.
const doubt = 3

// needOf returns what a run needs, in bytes. It loads the run's pictures.
func needOf(ctx context.Context, r plan.Run) float64 {
	if n, err := exactly(ctx, r.Config, 0); err == nil {
		return float64(n)
	}
	return guess(r.Config, r.Pixels()) // the run itself reports what is wrong with it
}

// mostChecked bounds the time for runs that all differ.
const mostChecked = 8

// neediest returns the run that needs most, and how much. together is the number of runs
// at the same time, free the memory that there is.
func neediest(ctx context.Context, runs []plan.Run, together, free float64) (most plan.Run, need float64) {
	runs = slices.SortedStableFunc(slices.Values(runs), func(a, b plan.Run) int {
		return cmp.Compare(guess(b.Config, b.Pixels()), guess(a.Config, a.Pixels()))
	})
	seen := map[string]bool{}
	for _, r := range runs {
		n := guess(r.Config, r.Pixels())
		if doubt*n*together < free || n > doubt*free {
			need = max(need, n)
			if need == n {
				most = r
			}
			break // the others need less
		}
		if k := engine.CostKey(r.Config); seen[k] || len(seen) == mostChecked {
			continue
		} else {
			seen[k] = true
		}
		if n = needOf(ctx, r); n > need {
			most, need = r, n
		}
	}
	return most, need
}

// Room returns a *RoomError if this machine has not the memory for these runs, so many at
// the same time; 0: as many as there is memory for. It returns nil if the system does not
// say what it has.
func Room(ctx context.Context, runs []plan.Run, jobs int) error {
	free := float64(available())
	if free == 0 || len(runs) == 0 {
		return nil
	}
	together := max(1, min(jobs, len(runs)))
	most, need := neediest(ctx, runs, float64(together), free)
	if need*float64(together) <= free {
		return nil
	}
	e := &RoomError{Run: most.Name, Need: need * float64(together), Free: free, Together: together}
	if together > 1 && need <= free {
		e.Suggestions = append(e.Suggestions, fmt.Sprintf("--jobs %d", int(free/need)))
	}
	e.Suggestions = append(e.Suggestions, smaller(most, need/guess(most.Config, most.Pixels()), free/float64(together))...)
	return e
}

// smaller lists changes of a run with which it fits into so much memory. The run needs
// exact times what is guessed.
func smaller(r plan.Run, exact, free float64) []string {
	var all []string
	fits := func(say string, c *config.Config, area float64) {
		if need := exact * guess(c, area); need <= free {
			all = append(all, fmt.Sprintf("%s: about %s a run", say, gigabytes(need)))
		}
	}
	area := r.Pixels()
	if area == 0 {
		area = pixels(r.Config)
	}
	if c := r.Config.Clone(); c.Run.Memory.Maps() != nst.LowMemory {
		c.Run.Memory = config.Memory(nst.LowMemory)
		fits(`run.memory = "low", the same picture`, c, area)
	}
	if bound := 0.9 * free / (1 << 30); r.Config.Run.Memory.Maps() == nst.KeepMaps && inTiles(r.Config, area) < 0.9*free {
		all = append(all, fmt.Sprintf(`run.memory = "%.1f GB": the same picture in tiles, in about twice the time`, math.Floor(10*bound)/10))
	}
	if o, ok := r.Config.Optimizer.Options.(*config.LBFGS); ok && o.History > 5 {
		c, fewer := r.Config.Clone(), *o
		fewer.History = 5
		c.Optimizer.Options = &fewer
		fits("optimizer.history = 5", c, area)
	}
	for side := r.Config.Images.Size - r.Config.Images.Size%100; side >= 100; side -= 100 {
		share := float64(side) / float64(r.Config.Images.Size)
		if exact*guess(r.Config, area*share*share) <= 0.9*free {
			fits(fmt.Sprintf("images.size = %d", side), r.Config, area*share*share)
			break
		}
	}
	return append(all, "--force, which starts nevertheless: the system may then stop it")
}
