// Package disk writes files so that a crash or a full disk leaves the old content or
// all of the new.
package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gonst/workbench/internal/atomicfile"
)

// Replace writes a file so that under its name there is at any moment
// either the old content or all of the new, on the disk too.
func Replace(path string, write func(io.Writer) error) error {
	return atomicfile.Write(path, func(w io.Writer) error { return write(Faulty(path, w)) })
}

// Faulty lets a test make writing fail, as a full disk does.
var Faulty = func(path string, w io.Writer) io.Writer { return w }

// SyncTree brings every file and directory under dir to the disk.
func SyncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return SyncDir(path)
	})
}

// SyncDir brings one directory (or file) to the disk. On Windows directories are the
// file system's business, and what is brought to the disk must be open for writing.
func SyncDir(path string) error {
	flag := os.O_RDONLY
	if runtime.GOOS == "windows" {
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			return err
		}
		flag = os.O_RDWR
	}
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}
