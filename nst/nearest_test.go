package nst

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/gonst/workbench/nst/internal/kernel"
)

// TestNearestPatches compares the search with one that tries all pairs in float64, on maps that
// take several blocks, and with other numbers of threads.
func TestNearestPatches(t *testing.T) {
	for _, test := range []struct {
		size    int
		distant bool
	}{{1, false}, {3, false}, {5, false}, {3, true}} {
		size := test.size
		s := &patchSearch{size: size, distant: test.distant, maps: 5, image: grid{90, 11}, targets: []grid{{70, 75}, {9, 8}}}
		random := rand.New(rand.NewPCG(1, uint64(size)))
		noise := func(n int) []float32 {
			a := make([]float32, n)
			for i := range a {
				a[i] = random.Float32() - 0.3
			}
			return a
		}
		image := noise(90 * 11 * 5) // by position
		in, rows := [][]float32{image}, [][]float32{image}
		var inverses [][]float32
		for i, g := range s.targets {
			maps, positions := noise(g.width*g.height*5), make([]float32, g.width*g.height*5)
			if i == 1 { // a part of the image
				for y := range g.height {
					copy(positions[y*g.width*5:][:g.width*5], image[(y+2)*90*5+20*5:])
				}
				transpose(kernel.Workers(1), maps, positions, g.width*g.height, 5)
			}
			transpose(kernel.Workers(1), positions, maps, 5, g.width*g.height)
			in, rows = append(in, maps), append(rows, positions)
			inverse := make([]float32, g.patches(size))
			s.norms(i).Run(kernel.Workers(1), inverse, [][]float32{positions})
			inverses = append(inverses, inverse)
		}
		in = append(in, inverses...)
		found := make([]float32, s.image.patches(size))
		s.search().Run(kernel.Workers(1), found, in)

		cut := func(at []float32, width, position int) (patch []float64) {
			for i := range size {
				for _, v := range at[(position+i*width)*5:][:size*5] {
					patch = append(patch, float64(v))
				}
			}
			return patch
		}
		likeness := func(p []float64, target, position int) float64 {
			dot, square := 0.0, 0.0
			for i, v := range cut(rows[1+target], s.targets[target].width, position) {
				dot += v * p[i]
				square += v * v
			}
			if test.distant {
				return 100 + 2*dot - square // above 0, as the other one
			}
			return dot / math.Sqrt(square)
		}
		total := s.targets[0].patches(size) + s.targets[1].patches(size)
		second := 0
		for i := 0; i < len(found); i += 23 {
			wide := s.image.width - size + 1
			p := cut(image, s.image.width, i/wide*s.image.width+i%wide)
			best := math.Inf(-1)
			for j := range total {
				best = max(best, likeness(p, first(s.at(j)), last(s.at(j))))
			}
			target, position := s.at(int(found[i]))
			second += target
			if got := likeness(p, target, position); got < best*(1-1e-6) {
				t.Fatalf("size %d: patch %d: found a likeness of %v, the best is %v", size, i, got, best)
			}
		}
		if second == 0 {
			t.Errorf("size %d: none was found in the second target", size)
		}
		for _, threads := range []kernel.Workers{2, 5} {
			again := make([]float32, len(found))
			s.search().Run(threads, again, in)
			if !slices.Equal(again, found) {
				t.Errorf("size %d: %d threads find others", size, threads)
			}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s.search().Run(kernel.Workers(1), found, in)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<16 { // what calls of kernels take
			t.Errorf("size %d: %d bytes were allocated", size, n)
		}
	}
}

func first(a, _ int) int { return a }
func last(_, b int) int  { return b }
