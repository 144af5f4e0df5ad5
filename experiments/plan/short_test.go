package plan

import (
	"fmt"
	"testing"
)

// Short names fit, and no two runs have the same.
func TestShortNames(t *testing.T) {
	run := func(i int, values ...string) Run {
		return Run{Name: fmt.Sprintf("a-long-key.of-an-axis=x-%08x", i), Values: values}
	}
	many := func(n int, values func(i int) []string) []Run {
		var all []Run
		for i := range n {
			all = append(all, run(i, values(i)...))
		}
		return all
	}
	for _, test := range []struct {
		runs []Run
		want string // of the first
	}{
		{[]Run{{Name: "exp-00000000"}}, "exp-00000000"},
		{many(3, func(i int) []string { return []string{fmt.Sprint(i), "same"} }), "0"},
		{many(3, func(i int) []string { return []string{fmt.Sprint(i), "photo", fmt.Sprint(i % 2)} }), "0, 0"},
		{many(9, func(i int) []string {
			return []string{fmt.Sprintf("a-picture-with-a-long-name-%d", i%3), fmt.Sprintf("%d-layers-of-a-network", i/3)}
		}), "a-pictu…-name-0, 0-layer…network"},
		{many(5, func(i int) []string {
			return []string{"the-same-beginning-" + fmt.Sprint(i) + "-and-the-very-same-end"}
		}), ""},
		{many(2, func(i int) []string { return []string{"équal", "equal"} }), "a-long-key.of-an-axis=x-00000000"},
		{many(40, func(i int) []string {
			return []string{fmt.Sprint(i), "b", "c", fmt.Sprint(i), "e", fmt.Sprint(i), "gggggggggggg" + fmt.Sprint(i), "hhhhhhhhhhhhhhhh" + fmt.Sprint(i)}
		}), ""},
	} {
		seen := map[string]bool{}
		names := ShortNames(test.runs, 32)
		for _, n := range names {
			if seen[n] || n == "" || len([]rune(n)) > 32 {
				t.Errorf("%q twice or too long, of %q", n, names)
			}
			seen[n] = true
		}
		if test.want != "" && names[0] != test.want {
			t.Errorf("the first of %d is %q, want %q", len(names), names[0], test.want)
		}
	}
}
