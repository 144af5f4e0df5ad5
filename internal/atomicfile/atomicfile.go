// Package atomicfile writes files atomically, on every system.
package atomicfile

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/robustio"
)

// Write replaces the file at path by the output of write. At any moment, and also after a
// crash, the file has either the old content or all of the new. Write writes a hidden
// temporary file in the same directory, flushes it to the disk and renames it. An existing
// file keeps its permissions; a link is replaced itself.
func Write(path string, write func(io.Writer) error) (err error) {
	mode := os.FileMode(0o644)
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		mode = info.Mode().Perm()
	}
	dir, name := filepath.Split(path)
	beside := filepath.Join(dir, "."+name+rand.Text()) // a unique name
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if p := (*fs.PathError)(nil); errors.As(err, &p) { // the caller does not know the other name
		return &fs.PathError{Op: p.Op, Path: path, Err: p.Err}
	} else if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(beside)
		}
	}()
	if err = write(f); err != nil {
		return err
	}
	if err = f.Sync(); err != nil { // without it, the new name may reach the disk before the content
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return Rename(beside, path)
}

// WriteFile writes data as Write does.
func WriteFile(path string, data []byte) error {
	return Write(path, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// Rename is os.Rename, with retries on Windows, where a file that is open, even for
// reading, cannot be replaced or moved.
func Rename(from, to string) error { return robustio.Rename(from, to) }
