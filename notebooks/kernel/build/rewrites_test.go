package main

import (
	"strings"
	"testing"
)

// A rewrite that does not match exactly once stops the build.
func TestApply(t *testing.T) {
	var source string
	for _, r := range rewrites {
		if r.file == "kernel.go" {
			source += r.old + "\n"
		}
	}
	changed, err := apply("kernel.go", source)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rewrites {
		if r.file == "kernel.go" && !strings.Contains(changed, r.new) {
			t.Errorf("missing %q in %q", r.new, changed)
		}
	}
	for name, s := range map[string]string{"none": "package main\n", "twice": source + source} {
		if _, err := apply("kernel.go", s); err == nil || !strings.Contains(err.Error(), "want once") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
