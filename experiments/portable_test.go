package experiments

import (
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// unixly is what a message says on Unix, with its slashes and its words for a file
// that is not there.
func unixly(text string) string {
	if runtime.GOOS == "windows" {
		const missing = "no such file or directory"
		text = strings.NewReplacer(`'\n'`, `'\n'`, `\`, "/", syscall.Errno(2).Error(), missing, syscall.Errno(3).Error(), missing).Replace(text)
	}
	return text
}

// remove removes a file that a network may have open, which Windows does not let
// happen before the network is garbage.
func remove(t *testing.T, path string) {
	t.Helper()
	var err error
	for range 100 {
		if err = os.Remove(path); err == nil || os.IsNotExist(err) {
			return
		}
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	t.Error(err)
}
