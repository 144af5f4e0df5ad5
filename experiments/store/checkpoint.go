package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gonst/workbench/experiments/internal/disk"
)

// checkpointMagic opens every checkpoint file; its number is the format's version.
const checkpointMagic = "nst run checkpoint 1\n"

// errTorn says that a file is not a whole checkpoint.
var errTorn = errors.New("experiments: not a whole checkpoint")

// A Savepoint is what a checkpoint file holds: the state of the transfer, and
// how much of metrics.csv belongs to it. It says nothing of time or place, so
// that the file has the same bytes however often the run was interrupted.
//
// The file is the magic line, one line of JSON, the state, and the SHA-256 of
// all that came before (32 bytes). It is written beside its name, synced, and
// renamed; the sum finds what a failing disk does to it later.
type Savepoint struct {
	Identity   string `json:"identity"`    // of the run
	Step       int    `json:"step"`        // the last step that is counted in
	Metrics    int64  `json:"metrics"`     // bytes of metrics.csv up to that step
	MetricsSum string `json:"metrics_sum"` // their SHA-256, hexadecimal
	// The same of yardstick.csv, and the yardstick that its rows were taken with.
	// All are missing where the run keeps none.
	Yardstick    int64  `json:"yardstick,omitempty"`
	YardstickSum string `json:"yardstick_sum,omitempty"`
	YardstickID  string `json:"yardstick_id,omitempty"`
	StateSize    int    `json:"state"` // bytes of state that follow
	State        []byte // as read
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

// readSavepoint reads the checkpoint file at path. Whatever is not a whole
// checkpoint of this format gives an error that wraps errTorn.
func readSavepoint(path string) (*Savepoint, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	torn := func(why string) error { return fmt.Errorf("%w: %s: %s", errTorn, path, why) }
	rest, ok := bytes.CutPrefix(data, []byte(checkpointMagic))
	if !ok {
		return nil, torn("it does not begin as one of this version")
	}
	if len(rest) < sha256.Size {
		return nil, torn("it ends early")
	}
	body := len(data) - sha256.Size
	if sum := sha256.Sum256(data[:body]); !bytes.Equal(sum[:], data[body:]) {
		return nil, torn("its checksum does not match")
	}
	head, state, ok := bytes.Cut(rest[:len(rest)-sha256.Size], []byte("\n"))
	s := new(Savepoint)
	if !ok || json.Unmarshal(head, s) != nil || s.StateSize != len(state) {
		return nil, torn("its heading does not match")
	}
	s.State = state
	return s, nil
}
