package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func content(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q (%v), want %q", path, got, err, want)
	}
}

// alone makes sure that nothing else is left in the file's directory.
func alone(t *testing.T, path string) {
	t.Helper()
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left over: %v", entries)
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"new", "", "a longer one"} {
		if err := WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		content(t, path, text)
	}
	alone(t, path)
	failure := errors.New("no")
	err := Write(path, func(w io.Writer) error {
		io.WriteString(w, "half")
		content(t, path, "a longer one") // while it is being replaced
		return failure
	})
	if err != failure {
		t.Errorf("error %v", err)
	}
	content(t, path, "a longer one")
	alone(t, path)
	below := filepath.Join(path, "below a file")
	var wrong *fs.PathError
	if err := WriteFile(below, nil); !errors.As(err, &wrong) || wrong.Path != below {
		t.Errorf("a file as a directory: error %v, want one with the file's own name", err)
	}
}

func TestPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has others")
	}
	path := filepath.Join(t.TempDir(), "file")
	for _, mode := range []os.FileMode{0o644, 0o600, 0o444} {
		if mode != 0o644 {
			os.Chmod(path, mode)
		}
		if err := WriteFile(path, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("mode %v (%v), want %v", info.Mode(), err, mode)
		}
	}
}

// A reader keeps what it has opened; on Windows the writer waits for it a little.
func TestWriteWhileRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := WriteFile(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() {
		if text, err := io.ReadAll(f); err != nil || string(text) != "old" {
			t.Errorf("read %q, %v", text, err)
		}
		f.Close()
	})
	if err := WriteFile(path, []byte("new")); err != nil {
		t.Error(err)
	}
	content(t, path, "new")
	time.Sleep(200 * time.Millisecond)
}
