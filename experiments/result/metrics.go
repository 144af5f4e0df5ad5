package result

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Columns of metrics.csv that every run has, in this order. Then come the terms
// ("style"), without their weights, and their layers ("style.conv1_1").
const (
	ColumnStep        = "step"
	ColumnEvaluations = "evaluations"
	ColumnRate        = "rate"
	ColumnTotal       = "total"
	ColumnSeconds     = "seconds" // of times.csv, whose other column is step
)

// Metrics is metrics.csv, times.csv or yardstick.csv: named columns of numbers, a row for each
// logged step.
type Metrics struct {
	Columns []string
	Rows    [][]float64 // each as long as Columns; may hold NaN and infinities
}

// Column gives the values of a column over the rows, or nil if there is none of
// that name.
func (m *Metrics) Column(name string) []float64 {
	if m == nil {
		return nil
	}
	i := slices.Index(m.Columns, name)
	if i < 0 {
		return nil
	}
	values := make([]float64, len(m.Rows))
	for j, row := range m.Rows {
		values[j] = row[i]
	}
	return values
}

// Terms names the columns that are terms of the objective, in order.
func (m *Metrics) Terms() []string {
	if m == nil {
		return nil
	}
	var terms []string
	for _, c := range m.Columns {
		switch c {
		case ColumnStep, ColumnEvaluations, ColumnRate, ColumnTotal, ColumnSeconds:
		default:
			if !strings.Contains(c, ".") {
				terms = append(terms, c)
			}
		}
	}
	return terms
}

// MetricsWriter writes such a table row by row. Every row is one
// write, so that a crash tears the last line at most.
type MetricsWriter struct {
	w       io.Writer
	columns int
	line    []byte
}

// NewMetricsWriter writes the header and returns a writer of rows.
func NewMetricsWriter(w io.Writer, columns []string) (*MetricsWriter, error) {
	header, err := metricsHeader(columns)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(header); err != nil {
		return nil, err
	}
	return &MetricsWriter{w: w, columns: len(columns)}, nil
}

func metricsHeader(columns []string) ([]byte, error) {
	if len(columns) == 0 {
		return nil, errors.New("result: metrics need a column")
	}
	for i, c := range columns {
		if c == "" || strings.ContainsAny(c, ",\"\r\n") {
			return nil, fmt.Errorf("result: %q cannot be a column of metrics: it is empty or holds a comma, a quote or a line's end", c)
		}
		if slices.Contains(columns[:i], c) {
			return nil, fmt.Errorf("result: two columns of metrics are named %q", c)
		}
	}
	return append([]byte(strings.Join(columns, ",")), '\n'), nil
}

// Write appends a row, which has a value for each column. Numbers are written
// with as many digits as they need to be read back exactly.
func (m *MetricsWriter) Write(row []float64) error {
	if len(row) != m.columns {
		return fmt.Errorf("result: a row of %d values for %d columns of metrics", len(row), m.columns)
	}
	m.line = m.line[:0]
	for i, v := range row {
		if i > 0 {
			m.line = append(m.line, ',')
		}
		m.line = strconv.AppendFloat(m.line, v, 'g', -1, 64)
	}
	m.line = append(m.line, '\n')
	_, err := m.w.Write(m.line)
	return err
}

// ContinueMetrics opens the metrics at path to go on after a step: rows whose
// first column is beyond it, and a torn line, are cut off, the rest stays as it
// is to the byte. A file that is not there is begun; one with other columns is
// refused. The caller closes the file.
func ContinueMetrics(path string, columns []string, step int) (*MetricsWriter, *os.File, error) {
	header, err := metricsHeader(columns)
	if err != nil {
		return nil, nil, err
	}
	data, err := readPath(path, maxMetricsBytes)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	data = wholeLines(data)
	keep := len(header)
	switch {
	case len(data) == 0:
		data = header
	case !bytes.HasPrefix(data, header):
		found, _, _ := bytes.Cut(data, []byte{'\n'})
		return nil, nil, fmt.Errorf("result: %s has the columns %.200q, not %.200q", path, found, header[:len(header)-1])
	}
	for keep < len(data) {
		line := data[keep : keep+bytes.IndexByte(data[keep:], '\n')]
		first, _, _ := bytes.Cut(line, []byte{','})
		at, err := strconv.ParseFloat(string(first), 64)
		if err != nil || at > float64(step) {
			break
		}
		keep += len(line) + 1
	}
	// As a whole, so that a crash in the middle loses nothing.
	if err := WriteFile(path, data[:keep]); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, nil, err
	}
	return &MetricsWriter{w: f, columns: len(columns)}, f, nil
}

func wholeLines(data []byte) []byte { return data[:bytes.LastIndexByte(data, '\n')+1] }

// ReadMetrics reads dir/metrics.csv, dir/times.csv or dir/yardstick.csv, whichever
// file names.
// See ParseMetrics.
func ReadMetrics(dir, file string) (*Metrics, error) {
	path := filepath.Join(dir, file)
	data, err := readPath(path, maxMetricsBytes)
	if err != nil {
		return nil, fmt.Errorf("result: %s: %w", path, err)
	}
	m, err := ParseMetrics(data)
	if err != nil {
		return m, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// ParseMetrics reads the bytes of metrics. A last line without an end is a torn
// one and dropped without a word. Damage before it is an error that names the
// line, beside which the rows before it are returned, if there is a header.
func ParseMetrics(data []byte) (*Metrics, error) {
	r := csv.NewReader(bytes.NewReader(wholeLines(data)))
	r.ReuseRecord = true
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err == io.EOF {
		return &Metrics{}, nil // nothing is written yet
	}
	if err != nil {
		return nil, fmt.Errorf("result: not metrics: %w", err)
	}
	m := &Metrics{Columns: slices.Clone(header)}
	if _, err := metricsHeader(m.Columns); err != nil {
		return nil, fmt.Errorf("result: not metrics: %w", err)
	}
	for {
		record, err := r.Read()
		if err == io.EOF {
			return m, nil
		}
		if err != nil {
			return m, fmt.Errorf("result: damaged metrics: %w", err)
		}
		line, _ := r.FieldPos(0)
		if len(record) != len(m.Columns) {
			return m, fmt.Errorf("result: damaged metrics: line %d has %d values for %d columns", line, len(record), len(m.Columns))
		}
		row := make([]float64, len(record))
		for i, s := range record {
			if row[i], err = strconv.ParseFloat(s, 64); err != nil {
				return m, fmt.Errorf("result: damaged metrics: line %d, column %s: %.40q is not a number", line, m.Columns[i], s)
			}
		}
		m.Rows = append(m.Rows, row)
	}
}
