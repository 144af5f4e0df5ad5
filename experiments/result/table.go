package result

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Table is metrics.csv, times.csv or yardstick.csv, open for writing. Every row is one
// write, so a crash damages at most the last line.
type Table struct {
	file    *os.File
	sum     hash.Hash // of the file's content
	size    int64
	through func(io.Writer) io.Writer
}

// OpenTable opens a table to append to it, and creates it if it does not exist. through
// wraps the file; a test can make writes fail with it. If through is nil, the file is
// used as it is.
func OpenTable(path string, through func(io.Writer) io.Writer) (*Table, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	t := &Table{file: f, sum: sha256.New(), through: through}
	if t.size, err = io.Copy(t.sum, f); err != nil {
		f.Close()
		return nil, err
	}
	return t, nil
}

// Append writes a row. It writes the header first if the table is empty. Counts are
// whole numbers, seconds have six decimals, and all other numbers have enough digits to
// be read back exactly.
func (t *Table) Append(columns []string, row []float64) error {
	if len(row) != len(columns) {
		return fmt.Errorf("a row has %d values, but there are %d columns", len(row), len(columns))
	}
	var line []byte
	if t.size == 0 {
		var err error
		if line, err = metricsHeader(columns); err != nil {
			return err
		}
	}
	for i, v := range row {
		if i > 0 {
			line = append(line, ',')
		}
		switch name := columns[i]; {
		case (name == ColumnStep || name == ColumnEvaluations || name == ColumnStage) && v == float64(int64(v)):
			line = strconv.AppendInt(line, int64(v), 10)
		case name == ColumnSeconds:
			line = strconv.AppendFloat(line, v, 'f', 6, 64)
		default:
			line = strconv.AppendFloat(line, v, 'g', -1, 64)
		}
	}
	line = append(line, '\n')
	var w io.Writer = t.file
	if t.through != nil {
		w = t.through(w)
	}
	if _, err := w.Write(line); err != nil {
		return err
	}
	t.sum.Write(line)
	t.size += int64(len(line))
	return nil
}

// Mark syncs the table to the disk. It returns the number of its bytes and their
// SHA-256 in hexadecimal.
func (t *Table) Mark() (size int64, sum string, err error) {
	return t.size, hex.EncodeToString(t.sum.Sum(nil)), t.file.Sync()
}

// Close closes the table. A nil table may be closed.
func (t *Table) Close() error {
	if t == nil {
		return nil
	}
	return t.file.Close()
}

// TermLayers is a term with those of its layers that have their own columns.
type TermLayers struct {
	Name   string
	Layers []string
}

// MetricsColumns returns the columns of metrics.csv. A run in stages has a column for the
// number of the stage.
func MetricsColumns(staged bool, terms []TermLayers) []string {
	columns := []string{ColumnStep, ColumnEvaluations, ColumnRate, ColumnTotal}
	if staged {
		columns = append(columns, ColumnStage)
	}
	for _, t := range terms {
		columns = append(columns, t.Name)
		for _, layer := range t.Layers {
			columns = append(columns, t.Name+"."+layer)
		}
	}
	return columns
}

// TimesColumns returns the columns of times.csv.
func TimesColumns() []string { return []string{ColumnStep, ColumnSeconds} }

func metricsHeader(columns []string) ([]byte, error) {
	if len(columns) == 0 {
		return nil, errors.New("metrics require at least one column")
	}
	for i, c := range columns {
		if c == "" || strings.ContainsAny(c, ",\"\r\n") {
			return nil, fmt.Errorf("%q cannot be a column of metrics: it is empty or contains a comma, a quote or a line break", c)
		}
		if slices.Contains(columns[:i], c) {
			return nil, fmt.Errorf("two columns of metrics are named %q", c)
		}
	}
	return append([]byte(strings.Join(columns, ",")), '\n'), nil
}
