package nst

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

func stored(s string) storedState {
	return storedState{io.NewSectionReader(strings.NewReader(s), 0, int64(len(s)))}
}

func FuzzCheckpoint(f *testing.F) {
	c := Checkpoint{Width: 2, Height: 3, Step: 4, Evaluations: 5, x: make([]float32, 18), state: stored("state")}
	b, err := c.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Fuzz(func(t *testing.T, b []byte) {
		var c Checkpoint
		if err := c.UnmarshalBinary(b); err != nil {
			if !errors.Is(err, ErrCheckpoint) {
				t.Errorf("error %v is not ErrCheckpoint", err)
			}
			return
		}
		if again, _ := c.MarshalBinary(); !bytes.Equal(again, b) {
			t.Errorf("read and written again, %d bytes became %d others", len(b), len(again))
		}
	})
}

// stopAfter ends a run after so many steps.
func stopAfter(steps int) Observer {
	return ObserverFunc(func(s *Step) error {
		if s.Step == steps-1 {
			return ErrStop
		}
		return nil
	})
}

// The end of a run and a checkpoint written to a file take no memory of the state's
// size: with a long history that is most of what there is.
func TestCheckpointIsNoCopy(t *testing.T) {
	tr := small(&LBFGS{LineSearch: FixedStep})
	tr.Network = open(t, "pyramid", Options{Levels: 1, Filters: 4, Size: 3})
	tr.Objective = Objective{{Name: "tv", Weight: 1, Loss: Variation{}}}
	tr.Start, tr.Width, tr.Height, tr.Steps, tr.Project = Noise{Seed: 1}, 512, 512, 1<<20, false
	var before, after runtime.MemStats
	result, err := tr.Run(context.Background(), ObserverFunc(func(s *Step) error {
		if s.Step == 6 {
			runtime.ReadMemStats(&before)
			return ErrStop
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	c, err := result.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WriteTo(io.Discard); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	image := 4 * 3 * 512 * 512
	took := int(after.TotalAlloc - before.TotalAlloc)
	t.Logf("a checkpoint of %d bytes; %d bytes were allocated, the image has %d", c.Size(), took, image)
	if c.Size() < 10*image {
		t.Fatalf("the checkpoint has only %d bytes", c.Size())
	}
	if took > 2*image { // the result is one
		t.Errorf("%d bytes were allocated to end a run and write its checkpoint, the image has %d", took, image)
	}
}

// A checkpoint of a run resumes it, with its own optimiser and with another, until the
// optimiser has been used.
func TestResumeWithoutBytes(t *testing.T) {
	for name, optimizer := range optimizers() {
		t.Run(name, func(t *testing.T) {
			whole, err := small(optimizer()).Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			want := checkpointOf(t, whole)
			tr := small(optimizer())
			part, err := tr.Run(context.Background(), stopAfter(4))
			if err != nil {
				t.Fatal(err)
			}
			c, err := part.Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			for _, again := range []*Transfer{small(optimizer()), tr} {
				rest, err := again.Resume(context.Background(), c)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(checkpointOf(t, rest), want) {
					t.Error("resumed, the run ends otherwise")
				}
			}
			if _, err := tr.Resume(context.Background(), c); name != "sgd" && !errors.Is(err, ErrCheckpoint) {
				t.Errorf("resumed from a checkpoint whose optimiser has moved on: error %v", err)
			}
			if _, err := c.WriteTo(io.Discard); !errors.Is(err, ErrCheckpoint) {
				t.Errorf("wrote a checkpoint whose optimiser has moved on: error %v", err)
			}
		})
	}
}

// A checkpoint that an observer keeps is refused after the next step.
func TestCheckpointOfAnEarlierStep(t *testing.T) {
	var kept *Checkpoint
	_, err := small(&SGD{}).Run(context.Background(), ObserverFunc(func(s *Step) (err error) {
		if kept == nil {
			kept, err = s.Checkpoint()
			return err
		}
		if _, err := kept.WriteTo(io.Discard); !errors.Is(err, ErrCheckpoint) {
			t.Errorf("step %d: error %v", s.Step, err)
		}
		return ErrStop
	}))
	if err != nil || kept == nil {
		t.Fatal(err)
	}
}

// simple is an optimiser that cannot be saved.
type simple struct{ number int }

func (*simple) Init(int) {}
func (o *simple) Step(f Func, x []float32, _ float64) (Evaluation, error) {
	e, err := f(x, make([]float32, len(x)))
	if o.number >= 0 {
		e.Number = o.number
	}
	return e, err
}

func TestNotResumable(t *testing.T) {
	result, err := small(&simple{-1}).Run(context.Background(), ObserverFunc(func(s *Step) error {
		if _, err := s.Checkpoint(); !errors.Is(err, ErrNotResumable) {
			t.Errorf("a step's checkpoint: error %v", err)
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := result.Checkpoint(); c != nil || !errors.Is(err, ErrNotResumable) || !strings.Contains(err.Error(), "*nst.simple") {
		t.Errorf("a result's checkpoint: %v, error %v", c, err)
	}
	whole, err := small(&Adam{}).Run(context.Background(), stopAfter(2))
	if err != nil {
		t.Fatal(err)
	}
	c, err := whole.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := small(&simple{-1}).Resume(context.Background(), c); !errors.Is(err, ErrNotResumable) {
		t.Errorf("resumed with an optimiser that cannot be: error %v", err)
	}
}

// An optimiser that returns another evaluation than one of its step is told so. It made
// every step evaluate twice.
func TestEvaluationOfNoStep(t *testing.T) {
	for _, number := range []int{0, 7} {
		result, err := small(&simple{number}).Run(context.Background())
		if err == nil || !strings.Contains(err.Error(), "must return the Evaluation") {
			t.Errorf("evaluation %d: error %v", number, err)
		}
		if result == nil || result.Reason != Failed {
			t.Errorf("evaluation %d: %+v", number, result)
		}
	}
}

// A state may have more than two gigabytes: L-BFGS at 4096 x 4096 has four.
func TestLargeCheckpoint(t *testing.T) {
	const state = 4 << 30
	head := []byte(checkpointMagic)
	for _, v := range []uint64{2, 3, 4, 5, state} {
		head = binary.LittleEndian.AppendUint64(head, v)
	}
	var c Checkpoint
	if n, err := c.readHead(bytes.NewReader(head), int64(checkpointFixed)+4*18+state+4); n != 18 || err != nil {
		t.Errorf("%d pixels, %v", n, err)
	}
}
