package run

import (
	"context"
	"os"

	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/store"
	"github.com/gonst/workbench/nst"
)

// yardstickFile writes yardstick.csv. Its rows are delayed like those of
// metrics.csv. A nil yardstickFile writes nothing.
type yardstickFile struct {
	ruler   *engine.Ruler
	every   int
	release bool // return the memory of its maps after each reading
	table   *result.Table
	pending []float64 // the row of the pending step
}

// openYardstick opens an attempt's yardstick.csv where it continues. If the earlier rows
// have another yardstick, because [yardstick] has changed meanwhile, the curve begins
// where the run continues.
func openYardstick(a *store.Attempt, r *engine.Ruler, every int, release bool) (*yardstickFile, error) {
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
	table, err := openTable(a, result.YardstickFile)
	if err != nil {
		return nil, err
	}
	return &yardstickFile{ruler: r, every: every, release: release, table: table}, nil
}

func (y *yardstickFile) close() {
	if y != nil {
		y.table.Close()
	}
}

// look measures the picture of a step if it is due.
func (y *yardstickFile) look(step int, picture func() *nst.Image, last bool) error {
	if y == nil {
		return nil
	}
	if y.pending = nil; !last && step%y.every != 0 {
		return nil
	}
	// A step that is done is recorded even if the run is cancelled meanwhile.
	var err error
	y.pending, err = y.ruler.Row(context.Background(), step, picture())
	if y.release {
		y.ruler.Release()
	}
	return err
}

// settle writes the pending row, if there is one.
func (y *yardstickFile) settle() error {
	if y == nil || y.pending == nil {
		return nil
	}
	row := y.pending
	y.pending = nil
	return y.table.Append(y.ruler.Columns(), row)
}

// mark syncs the file and stores in a savepoint which part of it belongs to it.
func (y *yardstickFile) mark(s *store.Savepoint) error {
	if y == nil {
		return nil
	}
	s.YardstickID = y.ruler.About.ID
	var err error
	s.Yardstick, s.YardstickSum, err = y.table.Mark()
	return err
}
