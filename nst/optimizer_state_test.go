package nst

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestResumeAnywhere saves and restores after every step, the zeroth too, with
// x projected between steps: the run continues with the same bits, and the
// restored optimiser's own state is the same bytes.
func TestResumeAnywhere(t *testing.T) {
	for _, v := range variants {
		for _, projected := range []bool{false, true} {
			name := v.name
			if projected {
				name += " projected"
			}
			t.Run(name, func(t *testing.T) {
				p := functionNamed(t, "rosenbrock")
				active := 0
				project := func(x []float32) {
					if projected && x[1] > 1 { // where the start's gradient leads
						x[1] = 1
						active++
					}
				}
				const steps = 25
				straight := v.make()
				straight.Init(len(p.start))
				f, count := p.objective()
				x := slices.Clone(p.start)
				var points, states [][]byte
				var losses []Evaluation
				save := func() {
					s, err := saveState(straight)
					if err != nil {
						t.Fatal(err)
					}
					states = append(states, s)
					points = append(points, bits(x))
				}
				save()
				counts := []int{0}
				for range steps {
					e, err := straight.Step(f, x, v.rate)
					if err != nil {
						t.Fatal(err)
					}
					project(x)
					losses = append(losses, e)
					counts = append(counts, *count)
					save()
				}
				if projected && active == 0 {
					t.Fatal("the projection never acted")
				}
				for from := range steps {
					o := v.make()
					o.Init(len(p.start))
					if err := restoreState(o, states[from]); err != nil {
						t.Fatalf("from %d: %v", from, err)
					}
					f, count := p.objective()
					*count = counts[from]
					x := floats(points[from])
					for i := from; i < steps; i++ {
						e, err := o.Step(f, x, v.rate)
						if err != nil {
							t.Fatalf("from %d, step %d: %v", from, i, err)
						}
						project(x)
						if e != losses[i] || !bytes.Equal(bits(x), points[i+1]) {
							t.Fatalf("from %d, step %d: %v at %v, straight through %v at %v", from, i, e, x, losses[i], floats(points[i+1]))
						}
						if s, _ := saveState(o); !bytes.Equal(s, states[i+1]) {
							t.Fatalf("from %d, step %d: another state", from, i)
						}
					}
				}
			})
		}
	}
}

// TestResumeAfterAnInterruptedSearch: the objective fails in the midst of a line
// search (a cancelled run); the state saved then, with x as it is, leads on to the same bits.
func TestResumeAfterAnInterruptedSearch(t *testing.T) {
	p := functionNamed(t, "rosenbrock")
	cancelled := errors.New("cancelled")
	const rate, steps = 20, 12 // 20: too long, so that every search has several trials
	run := func(stop int) ([]byte, int) {
		o, x := &LBFGS{LineSearch: StrongWolfe}, slices.Clone(p.start)
		o.Init(len(x))
		plain, calls := p.objective()
		f := func(x, grad []float32) (Evaluation, error) {
			e, _ := plain(x, grad)
			if *calls == stop {
				return Evaluation{}, cancelled
			}
			return e, nil
		}
		for i := 0; i < steps; i++ {
			if _, err := o.Step(f, x, rate); errors.Is(err, cancelled) {
				s, err := saveState(o)
				if err != nil {
					t.Fatal(err)
				}
				saved := bits(x)
				o, x = &LBFGS{LineSearch: StrongWolfe}, floats(saved)
				o.Init(len(x))
				if err := restoreState(o, s); err != nil {
					t.Fatal(err)
				}
				i--
			} else if err != nil {
				t.Fatal(err)
			}
		}
		return bits(x), *calls
	}
	want, calls := run(0)
	if calls < 3*steps {
		t.Fatalf("%d evaluations in %d steps: the searches have nothing to interrupt", calls, steps)
	}
	for stop := 1; stop <= calls; stop++ {
		if got, _ := run(stop); !bytes.Equal(got, want) {
			t.Fatalf("interrupted at evaluation %d: ended at %v, straight through at %v", stop, floats(got), floats(want))
		}
	}
}

// TestStateRefusals: another optimiser's state, another size's, a damaged one. Nothing changes then.
func TestStateRefusals(t *testing.T) {
	saved := savedStates(t)
	adam, wolfe := saved["Adam"], saved["LBFGS wolfe"]
	edit := func(s []byte, at int, b byte) []byte { s = slices.Clone(s); s[at] = b; return s }
	for _, c := range []struct {
		name string
		into Optimizer
		n    int
		data []byte
		says string
	}{
		{"empty", &Adam{}, 2, nil, "not an optimiser's state"},
		{"magic", &Adam{}, 2, edit(adam, 0, 'N'), "not an optimiser's state"},
		{"version", &Adam{}, 2, edit(adam, 4, 9), "format version 9 is not known, only 1"},
		{"kind", &Adam{}, 2, saved["SGD momentum"], "restore the state of Adam: this is the state of SGD"},
		{"unknown kind", &Adam{}, 2, edit(adam, 5, 77), "this is the state of kind 77"},
		{"size", &Adam{}, 3, adam, "it is for 2 variables, the optimiser was prepared for 3"},
		{"no Init", &Adam{}, 0, adam, "it is for 2 variables, the optimiser was prepared for 0"},
		{"short", &Adam{}, 2, adam[:len(adam)-1], "it ends too early: 15 bytes are left, 16 are needed"},
		{"shorter", &Adam{}, 2, adam[:18], "it ends too early"},
		{"long", &Adam{}, 2, append(slices.Clone(adam), 0, 0), "2 bytes too many"},
		{"steps", &Adam{}, 2, edit(adam, 23, 255), "the number of steps is"},
		{"no momentum here", &SGD{}, 2, saved["SGD momentum"], "it has a momentum, this SGD has none"},
		{"not centered", &RMSProp{}, 2, saved["RMSProp centered momentum"], "Centered is true in it and false here"},
		{"no momentum", &RMSProp{Centered: true}, 2, saved["RMSProp centered momentum"], "it has a momentum: true"},
		{"no search", &LBFGS{LineSearch: FixedStep}, 2, wolfe, "it is that of a line search, this LBFGS has none"},
		{"history", &LBFGS{History: 2, LineSearch: StrongWolfe}, 2, wolfe, "the number of pairs is"},
		{"options", &LBFGS{History: -1}, 2, wolfe, "LBFGS.History is -1"},
		{"pairs without a step", &LBFGS{LineSearch: StrongWolfe}, 2, edit(wolfe, 16, 0), "it has pairs but no step"},
		{"flag", &LBFGS{LineSearch: StrongWolfe}, 2, edit(wolfe, 16, 2), "the flag of the first step is 2, at most 1"},
	} {
		c.into.Init(c.n)
		before, _ := saveState(c.into)
		err := restoreState(c.into, c.data)
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "nst: ") {
			t.Errorf("%s: error %v, want %q", c.name, err, c.says)
		}
		if after, _ := saveState(c.into); !bytes.Equal(before, after) {
			t.Errorf("%s: the refused state left something behind", c.name)
		}
	}
}

// FuzzState gives every optimiser any bytes: no panic, and what it takes in it
// gives back as it was and can step from.
func FuzzState(f *testing.F) {
	for _, s := range savedStates(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := functionNamed(t, "rosenbrock")
		for _, v := range variants {
			o := v.make()
			o.Init(len(p.start))
			if restoreState(o, data) != nil {
				continue
			}
			if s, err := saveState(o); err != nil || !bytes.Equal(s, data) {
				t.Fatalf("%s: took %x, gives %x, %v", v.name, data, s, err)
			}
			objective, _ := p.objective()
			x := slices.Clone(p.start)
			for range 3 {
				if _, err := o.Step(objective, x, v.rate); err != nil {
					break
				}
			}
		}
	})
}

// savedStates is one state of each variant, after six steps.
func savedStates(t testing.TB) map[string][]byte {
	all := map[string][]byte{}
	for _, v := range variants {
		p := functionNamed(t, "rosenbrock")
		o, x := v.make(), slices.Clone(p.start)
		f, _ := p.objective()
		for range 6 {
			if _, err := o.Step(f, x, v.rate); err != nil {
				t.Fatal(err)
			}
		}
		s, err := saveState(o)
		if err != nil {
			t.Fatal(err)
		}
		all[v.name] = s
	}
	return all
}

func bits(x []float32) []byte {
	b, _ := binary.Append(nil, binary.LittleEndian, x)
	return b
}

func floats(b []byte) []float32 {
	x := make([]float32, len(b)/4)
	_, _ = binary.Decode(b, binary.LittleEndian, x)
	return x
}

func saveState(o Optimizer) ([]byte, error) {
	var b bytes.Buffer
	err := o.(Resumable).WriteState(&b)
	if size := o.(Resumable).StateSize(); err == nil && size != int64(b.Len()) {
		err = fmt.Errorf("StateSize is %d, WriteState writes %d bytes", size, b.Len())
	}
	return b.Bytes(), err
}

func restoreState(o Optimizer, data []byte) error {
	return o.(Resumable).ReadState(bytes.NewReader(data), int64(len(data)))
}
