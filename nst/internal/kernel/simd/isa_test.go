package simd

import (
	"slices"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	have := []Instructions{portable, avx2}
	for _, c := range []struct {
		name    string
		want    Instructions
		problem string
	}{
		{"", avx2, ""},
		{"portable", portable, ""},
		{"avx2", avx2, ""},
		{"avx512", avx2, "not available"},
		{"AVX2", avx2, "unknown"},
		{"sse", avx2, "unknown"},
	} {
		got, err := choose(c.name, have)
		if got != c.want {
			t.Errorf("%q: %v, want %v", c.name, got, c.want)
		}
		switch {
		case c.problem == "" && err != nil:
			t.Errorf("%q: %v", c.name, err)
		case c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem) || !strings.Contains(err.Error(), "portable, avx2")):
			t.Errorf("%q: error %v, want one with %q and what is accepted", c.name, err, c.problem)
		}
	}
	if Err() == nil && !slices.Contains(isaNames[:], ISA().String()) {
		t.Errorf("ISA() = %q", ISA())
	}
}
