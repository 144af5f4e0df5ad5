package result

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// Who works on a run is what was written, also by earlier versions.
func TestHolder(t *testing.T) {
	dir := t.TempDir()
	self := Self()
	if err := self.Write(dir); err != nil {
		t.Fatal(err)
	}
	got, ok := ReadHolder(dir)
	if !ok || got.PID != self.PID || got.Host != self.Host || got.Life != self.Life || self.At.Sub(got.At).Abs() > time.Second || got.Gone() {
		t.Errorf("read %+v (%t), gone: %t; wrote %+v", got, ok, got.Gone(), self)
	}
	for text, want := range map[string]Holder{
		"process 12 on a\n":                                     {PID: 12, Host: "a"},
		"process 12 on a at 2026-01-02T03:04:05Z\n":             {PID: 12, Host: "a", At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		"process 12 on a at 2026-01-02T03:04:05Z started b/3\n": {PID: 12, Host: "a", At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Life: "b/3"},
	} {
		if err := os.WriteFile(filepath.Join(dir, HolderFile), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if got, ok := ReadHolder(dir); !ok || got != want {
			t.Errorf("%q: %+v (%t), want %+v", text, got, ok, want)
		}
	}
}

// A process that has ended is gone, even if its parent does not ask for its status, and if
// another process has its number now.
func TestHolderGone(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells more than that a number is in use")
	}
	other := Self()
	other.Life += "0"
	if !other.Gone() {
		t.Error("another process of the same number is taken for the holder")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	child := Holder{PID: cmd.Process.Pid, Host: other.Host}
	for end := time.Now().Add(20 * time.Second); !child.Gone(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a process that has ended is taken to work")
		}
	}
}
