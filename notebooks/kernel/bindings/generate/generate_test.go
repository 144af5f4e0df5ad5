//go:build linux || darwin

package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The committed bindings are what the generator makes of the packages as they are.
func TestUpToDate(t *testing.T) {
	// The standard library's half depends on Go's version.
	mod, err := os.ReadFile("../../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, version, _ := strings.Cut(string(mod), "\ngo ")
	version, _, _ = strings.Cut(version, "\n")
	if parts := strings.Split(version, "."); !strings.HasPrefix(runtime.Version(), "go"+parts[0]+"."+parts[1]) {
		t.Skipf("the bindings are of Go %s, this is %s", version, runtime.Version())
	}
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	committed, err := filepath.Glob("../*.gen.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range committed {
		if files[filepath.Base(path)] == nil {
			t.Errorf("%s: no longer generated; run make generate", path)
		}
	}
	for name, want := range files {
		if found, err := os.ReadFile("../" + name); err != nil || string(found) != string(want) {
			t.Errorf("%s: not up to date; run make generate (%v)", name, err)
		}
	}
}
