package simd

import (
	"math"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guarded returns n values that end (or begin) exactly at a page that faults.
func guarded(t testing.TB, n int, atEnd bool) []float32 {
	page := unix.Getpagesize()
	size := (n*4+page-1)/page*page + 2*page
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(mem) })
	for _, edge := range [][]byte{mem[:page], mem[size-page:]} {
		if err := unix.Mprotect(edge, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	from := page
	if atEnd {
		from = size - page - 4*n
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&mem[from])), n)
}

// TestGuard runs every routine of every set on operands that touch pages which
// fault, compares all operands with what the portable routine makes of them, and
// takes one value away from each operand, which must panic and not fault.
func TestGuard(t *testing.T) {
	for _, isa := range Available() {
		for _, r := range calls() {
			want := make([][]float32, len(r.sizes))
			for k, n := range r.sizes {
				want[k] = random(uint64(k), n)
			}
			With(portable, func() { r.run(want) })
			for _, atEnd := range []bool{false, true} {
				got := make([][]float32, len(r.sizes))
				for k, n := range r.sizes {
					got[k] = guarded(t, n, atEnd)
					copy(got[k], random(uint64(k), n))
				}
				With(isa, func() { r.run(got) })
				for k := range got {
					for i := range got[k] {
						if bfloats.MatchString(r.name) {
							continue // other tests look at the numbers: here they are garbage
						}
						if math.Float32bits(got[k][i]) == math.Float32bits(want[k][i]) {
							continue
						}
						if d := math.Abs(float64(got[k][i] - want[k][i])); !(d <= 2e-5*(1+math.Abs(float64(want[k][i])))) {
							t.Fatalf("%v %s: operand %d, value %d of %d: %v, portable %v", isa, r.name, k, i, len(got[k]), got[k][i], want[k][i])
						}
					}
				}
				for k := range got {
					cut := slices.Clone(got)
					cut[k] = cut[k][: len(cut[k])-1 : len(cut[k])-1]
					func() {
						defer func() {
							if e, ok := recover().(error); !ok {
								t.Errorf("%v %s: a short operand %d did not panic with an error of the runtime: %v", isa, r.name, k, e)
							}
						}()
						With(isa, func() { r.run(cut) })
					}()
				}
			}
		}
	}
}
