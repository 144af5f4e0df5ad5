// Package atomicfile writes files that are whole or not there, on every system.
package atomicfile

import (
	"crypto/rand"
	"io"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/robustio"
)

// Write replaces the file at path by what write writes, so that under its name
// there is at any moment, after a crash too, either the old content or all of the
// new. It is written beside its place, under a hidden name, brought to the disk and
// renamed. A file that is there keeps its permissions; a link is replaced itself.
func Write(path string, write func(io.Writer) error) (err error) {
	mode := os.FileMode(0o644)
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		mode = info.Mode().Perm()
	}
	dir, name := filepath.Split(path)
	beside := filepath.Join(dir, "."+name+rand.Text()) // nobody else's
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
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
	if err = f.Sync(); err != nil { // else the new name may reach the disk before the content
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return Rename(beside, path)
}

// WriteFile is Write of data.
func WriteFile(path string, data []byte) error {
	return Write(path, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// Rename is os.Rename, with some patience on Windows, where a file that anybody
// has open, if only to read it, can be neither replaced nor moved.
func Rename(from, to string) error { return robustio.Rename(from, to) }
