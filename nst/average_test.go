package nst

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"
)

// The average of a run is that of its iterates, weighted by powers of the decay, and it
// is the result, what observers see and where the next stage begins.
func TestAverage(t *testing.T) {
	const decay = 0.75
	var iterates [][]float32
	plain, err := small(&Adam{}).Run(context.Background(), ObserverFunc(func(s *Step) error {
		iterates = append(iterates, s.Image().Pix)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	mean := func(n int) []float64 {
		sum, weight := make([]float64, len(iterates[0])), 0.0
		for k := range n {
			w := math.Pow(decay, float64(n-1-k))
			weight += w
			for i, v := range iterates[k] {
				sum[i] += w * float64(v)
			}
		}
		for i := range sum {
			sum[i] /= weight
		}
		return sum
	}
	check := func(what string, m *Image, want []float64) {
		t.Helper()
		for i, v := range m.Pix {
			if math.Abs(float64(v)-want[i]) > 1e-6 {
				t.Fatalf("%s: value %d is %v, want %v", what, i, v, want[i])
			}
		}
	}
	tr := small(&Adam{})
	tr.Average = decay
	n := 0
	result, err := tr.Run(context.Background(), ObserverFunc(func(s *Step) error {
		n++
		check("an observer's image", s.Image(), mean(n))
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	check("the result", result.Image, mean(len(iterates)))
	if got, want := result.Trace[3].Total, plain.Trace[3].Total; got != want {
		t.Errorf("the average moved the iterates: total %v, want %v", got, want)
	}
	// The last record belongs to the average.
	again := small(&Adam{})
	again.Start, again.Steps = FromImage(result.Image), 0
	at, err := again.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := result.Final().Total, at.Final().Total; got != want {
		t.Errorf("the last record has the total %v, the result %v", got, want)
	}

	averaged := staged(&Adam{})
	averaged.Average = decay
	part, err := averaged.Run(context.Background(), stopAfter(3))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := averaged.Run(context.Background(), ObserverFunc(func(s *Step) error {
		if s.Step == 3 {
			want := make([]float32, 3*25*17)
			resample(workers(1), want, 25, 17, part.Image.Pix, 17, 11, cubic)
			for i, v := range s.Image().Pix {
				if math.Abs(float64(v-want[i])) > 1e-6 {
					t.Fatalf("value %d of the second stage is %v, want %v", i, v, want[i])
				}
			}
		}
		return nil
	})); err != nil {
		t.Fatal(err)
	}
}

// A run with an average continues to the same bits, also from a checkpoint in memory.
func TestResumeAverage(t *testing.T) {
	for name, optimizer := range optimizers() {
		t.Run(name, func(t *testing.T) {
			averaged := func() *Transfer {
				tr := staged(optimizer())
				tr.Average = 0.9
				return tr
			}
			whole, err := averaged().Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			want := checkpointOf(t, whole)
			for at := range 9 {
				tr := averaged()
				part, err := tr.Run(context.Background(), stopAfter(at))
				if err != nil {
					t.Fatal(err)
				}
				var c Checkpoint
				if err := c.UnmarshalBinary(checkpointOf(t, part)); err != nil {
					t.Fatal(err)
				}
				rest, err := averaged().Resume(context.Background(), &c)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(checkpointOf(t, rest), want) || !bytes.Equal(bytesOf(rest.Image), bytesOf(whole.Image)) {
					t.Fatalf("interrupted at %d: the run ends otherwise", at)
				}
				near, err := part.Checkpoint()
				if err != nil {
					t.Fatal(err)
				}
				if rest, err = tr.Resume(context.Background(), near); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(checkpointOf(t, rest), want) {
					t.Fatalf("interrupted at %d, continued in memory: the run ends otherwise", at)
				}
			}
		})
	}
}

func TestBadAverage(t *testing.T) {
	for _, decay := range []float64{-0.1, 1, math.NaN()} {
		tr := small(&Adam{})
		tr.Average = decay
		if _, err := tr.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "an average with a decay of") {
			t.Errorf("%v: error %v", decay, err)
		}
	}
	// A state without an average is none with one, and the other way round.
	for _, decay := range []float64{0, 0.9} {
		tr := small(&Adam{})
		tr.Average = decay
		part, err := tr.Run(context.Background(), stopAfter(3))
		if err != nil {
			t.Fatal(err)
		}
		var c Checkpoint
		if err := c.UnmarshalBinary(checkpointOf(t, part)); err != nil {
			t.Fatal(err)
		}
		other := small(&Adam{})
		other.Average = 0.9 - decay
		if _, err := other.Resume(context.Background(), &c); err == nil || !strings.Contains(err.Error(), "unusable checkpoint") {
			t.Errorf("from %v to %v: error %v", decay, other.Average, err)
		}
	}
}
