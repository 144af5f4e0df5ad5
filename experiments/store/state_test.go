package store

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

func TestWritableLeavesNothing(t *testing.T) {
	s := Store{t.TempDir()}
	attempts := filepath.Join(s.Dir, result.AttemptsDir)
	check := func(when string) {
		t.Helper()
		if err := s.Writable(); err != nil {
			t.Error(when, err)
		}
		if entries, err := os.ReadDir(attempts); err != nil || len(entries) > 0 {
			t.Error(when, entries, err)
		}
	}
	check("first:")

	// A process is killed between its two steps.
	if err := os.Mkdir(filepath.Join(attempts, ".probe"), 0o777); err != nil {
		t.Fatal(err)
	}
	check("after a killed process:")

	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if err := s.Writable(); err != nil {
					t.Error(err)
				}
				os.Remove(attempts) // as Tidy does
			}
		})
	}
	all.Wait()
	check("after many at once:")
}
