package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"

	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/disk"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/store"
	"github.com/gonst/workbench/nst"
)

// yardstickFile writes yardstick.csv, whose rows wait for their turn as those of
// metrics.csv do. A nil one keeps nothing.
type yardstickFile struct {
	ruler   *engine.Ruler
	every   int
	file    *os.File
	sum     hash.Hash // of what is in the file
	size    int64
	pending []byte // the row of the step that is pending
}

// openYardstick opens an attempt's yardstick.csv where it continues. Rows that were
// taken with another yardstick, which [yardstick] may say meanwhile, do not
// belong to the new ones: then the curve begins where the run goes on.
func openYardstick(a *store.Attempt, r *engine.Ruler, every int) (*yardstickFile, error) {
	path := a.Path(result.YardstickFile)
	if every == 0 || r == nil || r.Ruler == nil {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		return nil, nil
	}
	if a.From != nil && a.From.YardstickID != r.About.ID {
		if err := os.Truncate(path, 0); err != nil && !os.IsNotExist(err) {
			return nil, err
		}
	}
	y := &yardstickFile{ruler: r, every: every, sum: sha256.New()}
	var err error
	if y.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666); err != nil {
		return nil, err
	}
	if y.size, err = io.Copy(y.sum, y.file); err != nil {
		y.close()
		return nil, err
	}
	return y, nil
}

func (y *yardstickFile) close() {
	if y != nil {
		y.file.Close()
	}
}

// look measures the picture of a step, if it is its turn.
func (y *yardstickFile) look(step int, picture func() *nst.Image, last bool) error {
	if y == nil {
		return nil
	}
	if y.pending = nil; !last && step%y.every != 0 {
		return nil
	}
	row, err := y.ruler.Row(step, picture())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w, err := result.NewMetricsWriter(&b, y.ruler.Columns())
	if err != nil {
		return err
	}
	if y.size > 0 {
		b.Reset() // it has its heading
	}
	if err := w.Write(row); err != nil {
		return err
	}
	y.pending = b.Bytes()
	return nil
}

// settle writes the pending row, if there is one.
func (y *yardstickFile) settle() error {
	if y == nil || y.pending == nil {
		return nil
	}
	row := y.pending
	y.pending = nil
	if _, err := disk.Faulty(result.YardstickFile, y.file).Write(row); err != nil {
		return err
	}
	y.sum.Write(row)
	y.size += int64(len(row))
	return nil
}

// mark notes in a savepoint how much of the file belongs to it, on the disk.
func (y *yardstickFile) mark(s *store.Savepoint) error {
	if y == nil {
		return nil
	}
	s.Yardstick, s.YardstickSum, s.YardstickID = y.size, hex.EncodeToString(y.sum.Sum(nil)), y.ruler.About.ID
	return y.file.Sync()
}
