package store

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gonst/workbench/experiments/internal/disk"
	"github.com/gonst/workbench/internal/prefix"
)

// checkpointMagic begins every checkpoint file; its number is the version of the format.
const checkpointMagic = "nst run checkpoint 1\n"

// errTorn means that a file is not a complete checkpoint.
var errTorn = errors.New("incomplete checkpoint")

// A Savepoint is the content of a checkpoint file: the state of the transfer, and
// which part of metrics.csv belongs to it. It contains no time or place, so
// the file has the same bytes after any number of interruptions.
//
// The file is the magic line, one line of JSON, the state, and the SHA-256 of
// everything before (32 bytes). It is written under another name, synced, and
// renamed. The sum detects later damage by a failing disk.
type Savepoint struct {
	Identity   string `json:"identity"`    // of the run
	Step       int    `json:"step"`        // the last step that it includes
	Metrics    int64  `json:"metrics"`     // bytes of metrics.csv up to that step
	MetricsSum string `json:"metrics_sum"` // their SHA-256, hexadecimal
	// The same for yardstick.csv, and the yardstick of its rows. All are missing if the
	// run has no yardstick.
	Yardstick    int64  `json:"yardstick,omitempty"`
	YardstickSum string `json:"yardstick_sum,omitempty"`
	YardstickID  string `json:"yardstick_id,omitempty"`
	StateSize    int    `json:"state"` // bytes of state that follow
	path         string // where it was read,
	at           int64  // and where the state begins there
}

// WriteSavepoint replaces the checkpoint file at path by s, of that state, atomically.
func WriteSavepoint(path string, s *Savepoint, state interface {
	io.WriterTo
	Size() int
}) error {
	s.StateSize = state.Size()
	head, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return disk.Replace(path, func(w io.Writer) error {
		sum := sha256.New()
		both := io.MultiWriter(w, sum)
		for _, part := range [][]byte{[]byte(checkpointMagic), head, {'\n'}} {
			if _, err := both.Write(part); err != nil {
				return err
			}
		}
		if _, err := state.WriteTo(both); err != nil {
			return err
		}
		_, err := w.Write(sum.Sum(nil))
		return err
	})
}

// readSavepoint reads the checkpoint file at path, all but the state, which is only
// checked: it may have gigabytes. If the file is not a complete checkpoint of this
// format, the error wraps errTorn.
func readSavepoint(path string) (*Savepoint, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	torn := func(why string) error { return fmt.Errorf("%w: %s: %s", errTorn, path, why) }
	body := info.Size() - sha256.Size
	if body < int64(len(checkpointMagic)) {
		return nil, torn("it ends early")
	}
	sum := sha256.New()
	in := bufio.NewReader(io.TeeReader(io.LimitReader(f, body), sum))
	if magic, err := in.ReadString('\n'); err != nil || magic != checkpointMagic {
		return nil, torn("it does not begin like a checkpoint of this version")
	}
	head, err := in.ReadBytes('\n')
	s := &Savepoint{path: path, at: int64(len(checkpointMagic) + len(head))}
	if err != nil || json.Unmarshal(head, s) != nil || int64(s.StateSize) != body-s.at {
		return nil, torn("its heading does not match")
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return nil, torn(prefix.Text(err))
	}
	var end [sha256.Size]byte
	if _, err := f.ReadAt(end[:], body); err != nil || !bytes.Equal(sum.Sum(nil), end[:]) {
		return nil, torn("its checksum does not match")
	}
	return s, nil
}

// State reads the state from the savepoint's file.
func (s *Savepoint) State() ([]byte, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	state := make([]byte, s.StateSize)
	_, err = f.ReadAt(state, s.at)
	return state, err
}
