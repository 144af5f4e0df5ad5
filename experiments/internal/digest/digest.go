// Package digest computes SHA-256 digests of files in hexadecimal.
package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"sync"
	"time"
)

// Cache stores the SHA-256 of files, in hexadecimal. The zero value is empty; a nil Cache
// stores nothing. It is safe for concurrent use.
type Cache struct {
	mutex sync.Mutex
	sums  map[State]string
}

// State detects a change of a file: its size and the time of its last change. It is
// comparable.
type State struct {
	path    string
	size    int64
	changed time.Time
}

// StateOf returns the state of the file at a path. It is also defined for a file that
// does not exist.
func StateOf(path string) State {
	s := State{path: path}
	if info, err := os.Stat(path); err == nil {
		s.size, s.changed = info.Size(), info.ModTime()
	}
	return s
}

// Of returns the digest of the file at a path. It reads the file only the first time, and
// when the file's state has changed: weights are large, and every run of a sweep records
// its files.
func (c *Cache) Of(path string) (string, error) {
	if c == nil {
		return File(path)
	}
	state := StateOf(path)
	c.mutex.Lock()
	sum, ok := c.sums[state]
	c.mutex.Unlock()
	if ok {
		return sum, nil
	}
	sum, err := File(path)
	if err != nil {
		return "", err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.sums == nil {
		c.sums = map[State]string{}
	}
	c.sums[state] = sum
	return sum, nil
}

// File returns the SHA-256 of a file in hexadecimal.
func File(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Bytes returns the SHA-256 of data in hexadecimal.
func Bytes(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
