package run_test

import (
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/internal/planned"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/run"
	"github.com/gonst/workbench/experiments/store"
)

// TestWorkRefuses: a worker refuses runs of a sweep that another version has started, or a
// processor whose kernels give other bits.
func TestWorkRefuses(t *testing.T) {
	p, dir := planned.Small(t, "run.steps=1", "log.measures=false", "log.yardstick=0")
	s, runs, _, err := store.Open(dir, p)
	if err != nil {
		t.Fatal(err)
	}
	name := runs[0].Name
	other := result.Provenance{ISA: "other", Platform: "plan9/mips"}.Kernels()
	for _, maker := range []string{"nst 9.9 with " + run.MakerName(""), "nst test with " + other, other} {
		if err := s.Freeze(runs[0], maker); err != nil {
			t.Fatal(err)
		}
		err := run.Work(t.Context(), s.Dir, name, 1, "test", nil)
		if !mistake.Is(err) || !strings.Contains(err.Error(), "was started by "+maker+", and this is "+run.MakerName("test")) {
			t.Errorf("maker %q: %v", maker, err)
		}
		if s.IsPublished(name) {
			t.Fatalf("maker %q: published", maker)
		}
	}
	if err := s.Freeze(runs[0], run.MakerName("test")); err != nil {
		t.Fatal(err)
	}
	if err := run.Work(t.Context(), s.Dir, name, 1, "test", nil); err != nil || !s.IsPublished(name) {
		t.Errorf("the same version on the same machine: %v", err)
	}
}

// TestKernels: processors with AVX-512 and AVX2 give the same bits and share a sweep.
func TestKernels(t *testing.T) {
	kernels := func(isa, platform string) string { return result.Provenance{ISA: isa, Platform: platform}.Kernels() }
	if a, b := kernels("avx512", "linux/amd64"), kernels("avx2", "windows/amd64"); a != b || a == "" {
		t.Errorf("AVX-512 %q, AVX2 %q", a, b)
	}
	if a, b := kernels("portable", "linux/amd64"), kernels("portable", "linux/arm64"); a == b {
		t.Errorf("portable kernels fuse products on arm64: %q", a)
	}
}
