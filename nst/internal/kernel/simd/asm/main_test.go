package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestGenerated: generating again changes nothing.
func TestGenerated(t *testing.T) {
	files, err := generate("..")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 2 {
		t.Fatalf("only %d files generated", len(files))
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Error(err)
		} else if string(got) != want {
			t.Errorf("%s is not what the generator writes: run go generate ./nst/internal/kernel/simd", name)
		}
	}
	on, err := filepath.Glob("../*_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range on {
		if _, ok := files[filepath.Base(path)]; !ok {
			t.Errorf("%s comes from no generator", path)
		}
	}
}
