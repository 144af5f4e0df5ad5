package digest_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/internal/digest"
)

func TestCache(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	write := func(text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Now().Add(-time.Hour)
	var c, none *digest.Cache = &digest.Cache{}, nil
	of := func(c *digest.Cache) string {
		t.Helper()
		sum, err := c.Of(path)
		if err != nil {
			t.Error(err)
		}
		return sum
	}
	if _, err := c.Of(path); !os.IsNotExist(err) {
		t.Errorf("a file that does not exist: %v", err)
	}
	write("one", then)
	if of(c) != digest.Bytes([]byte("one")) || of(none) != of(c) {
		t.Error("the digest is not that of the content")
	}
	write("two", then) // the same size and time
	if of(c) != digest.Bytes([]byte("one")) || of(none) != digest.Bytes([]byte("two")) {
		t.Error("a file whose state has not changed is read again, or the nil cache stores")
	}
	write("two", then.Add(time.Second))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if of(c) != digest.Bytes([]byte("two")) {
				t.Error("a file whose state has changed is not read again")
			}
		})
	}
	all.Wait()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if sum, err := c.Of(path); err == nil {
		t.Errorf("a removed file has the digest %s", sum)
	}
}
