package result

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// HolderFile is beside the attempts of a run and names the process that works on it. It
// is not the lock. The lock belongs to the program that makes runs; a reader that tried
// the lock would disturb this program.
const HolderFile = "holder"

// Holder is the process that works on a run, or the last one that did.
type Holder struct {
	PID  int
	Host string
	At   time.Time // when it began, by the clock of its machine; zero if unknown
	Life string    // a text that no other process has, also none of the same number; "" if unknown
}

// String names the holder: "process 123 on host".
func (h Holder) String() string { return fmt.Sprintf("process %d on %s", h.PID, h.Host) }

// Self returns this process.
func Self() Holder {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	mark, _ := life(os.Getpid())
	return Holder{os.Getpid(), host, time.Now(), mark}
}

// Write records in a run's directory of attempts that the holder works on the run.
func (h Holder) Write(attempts string) error {
	text := h.String() + " at " + h.At.UTC().Format(time.RFC3339)
	if h.Life != "" {
		text += " started " + h.Life
	}
	return os.WriteFile(filepath.Join(attempts, HolderFile), []byte(text+"\n"), 0o666)
}

// ReadHolder reads which process works on a run. ok is false if that is unknown.
func ReadHolder(attempts string) (h Holder, ok bool) {
	data, err := readPath(filepath.Join(attempts, HolderFile), 1<<10)
	if err != nil {
		return Holder{}, false
	}
	var at string
	n, _ := fmt.Sscanf(string(data), "process %d on %s at %s started %s", &h.PID, &h.Host, &at, &h.Life)
	if t, err := time.Parse(time.RFC3339, at); err == nil {
		h.At = t
	}
	return h, n >= 2 && h.PID > 1
}

// Gone reports whether the process was on this machine and has ended, also if another one
// has its number now. It returns false for a process on another machine.
func (h Holder) Gone() bool {
	if here, err := os.Hostname(); err != nil || here != h.Host {
		return false
	}
	mark, ended := life(h.PID)
	return ended || !alive(h.PID) || h.Life != "" && mark != "" && mark != h.Life
}
