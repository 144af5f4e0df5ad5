//go:build unix

package weights

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A named pipe is refused; opening it would wait for a writer for ever.
func TestNamedPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe.safetensors")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := OpenFile(pipe); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("error %v", err)
	}
}
