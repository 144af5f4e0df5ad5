package launch

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/plan"
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
		{runs(20, 512), 8, 5, 3 << 30}, // 400 MB each, for all that is known
		{runs(20, 512), 8, 1, 1 << 20},
		{nil, 8, 1, 0},
	} {
		if got := defaultJobs(c.runs, c.cores, c.memory); got != c.want {
			t.Errorf("%d runs, %d cores, %d bytes: %d jobs, want %d", len(c.runs), c.cores, c.memory, got, c.want)
		}
	}
}

// A run for which the memory does not suffice is refused with the numbers and with changes
// that suffice.
func TestRoom(t *testing.T) {
	defer func(f func() uint64) { available = f }(available)
	defer func(f func(context.Context, *config.Config, int) (int64, error)) { exactly = f }(exactly)
	exactly = func(context.Context, *config.Config, int) (int64, error) { return 0, errors.New("no pictures") }
	large := func(name string, change func(*config.Config)) plan.Run {
		c := &config.Config{Images: config.Images{Size: 4000}, Network: config.Network{Name: "vgg19", Width: 1},
			Run: config.Run{Steps: 100}, Start: config.Start{From: "content"}, Optimizer: config.Optimizer{Options: &config.LBFGS{History: 20}}}
		if change != nil {
			change(c)
		}
		return plan.Run{Name: name, Config: c, Width: 4000, Height: 2664}
	}
	small := large("small", func(c *config.Config) { c.Images.Size = 256 })
	small.Width, small.Height = 256, 170
	for _, test := range []struct {
		free uint64 // in GB
		jobs int
		runs []plan.Run
		want []string // parts of the error; none: there is room
	}{
		{0, 1, []plan.Run{large("a", nil)}, nil}, // not known
		{32, 0, []plan.Run{large("a", nil), small}, nil},
		{16, 0, []plan.Run{small, large("a", nil)}, []string{"the run a needs about 18", "the system has 16.0 GB", `run.memory = "low", the same picture: about 13`,
			"optimizer.history = 5: about 14", "images.size = 3500: about 1", "--force"}},
		{1, 0, []plan.Run{large("a", nil)}, []string{"images.size = 500", "--force"}},
		{4, 8, []plan.Run{small, small, small, small, small, small, small, small}, []string{"8 runs like small at the same time need about 5", "--jobs 6"}},
		{8, 8, []plan.Run{small, small}, nil},
		{12, 0, []plan.Run{large("p", func(c *config.Config) { c.Network = config.Network{Name: "pyramid", Filters: 96} })}, []string{"the run p needs about 1"}},
	} {
		available = func() uint64 { return test.free << 30 }
		err := Room(context.Background(), test.runs, test.jobs)
		if len(test.want) == 0 {
			if err != nil {
				t.Errorf("%d GB: %v", test.free, err)
			}
			continue
		}
		var room *RoomError
		if !errors.As(err, &room) || !mistake.Is(err) {
			t.Errorf("%d GB: said %v", test.free, err)
			continue
		}
		for _, part := range test.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%d GB: no %q in\n%v", test.free, part, err)
			}
		}
		if strings.Contains(err.Error(), "history") && test.free == 1 {
			t.Errorf("advice that does not suffice:\n%v", err)
		}
	}

	// What is known exactly counts, unless the guess leaves no doubt.
	exactly = func(_ context.Context, c *config.Config, _ int) (int64, error) { return 15 << 30, nil }
	for free, want := range map[uint64]string{16: "", 14: "the run a needs about 15.0 GB", 1: "the run a needs about 1", 200: ""} {
		available = func() uint64 { return free << 30 }
		err := Room(t.Context(), []plan.Run{large("a", nil)}, 1)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d GB: said %v, want %q", free, err, want)
		}
	}
}
