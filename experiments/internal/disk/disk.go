// Package disk writes files atomically: after a crash or on a full disk, a file has its
// old content or the complete new content.
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

// Replace writes a file atomically: at any moment the name refers to the old content or
// to the complete new content, also on the disk.
func Replace(path string, write func(io.Writer) error) error {
	return atomicfile.Write(path, func(w io.Writer) error { return write(Faulty(path, w)) })
}

// Faulty lets a test make writes fail, as on a full disk.
var Faulty = func(path string, w io.Writer) io.Writer { return w }

// SyncTree syncs every file and directory under dir to the disk.
func SyncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return SyncDir(path)
	})
}

// SyncDir syncs one directory or file to the disk. On Windows the file system itself
// syncs directories, and a file must be open for writing to be synced.
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
