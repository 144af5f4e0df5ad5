package result

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Columns of metrics.csv that every run has, in this order. The terms follow ("style"),
// without their weights, with their layers ("style.conv1_1").
const (
	ColumnStep        = "step"
	ColumnEvaluations = "evaluations"
	ColumnRate        = "rate"
	ColumnTotal       = "total"
	ColumnStage       = "stage"   // from 1; only runs in stages have it
	ColumnSeconds     = "seconds" // of times.csv, whose other column is step
)

// Metrics is metrics.csv, times.csv or yardstick.csv: named columns of numbers, with a
// row for each logged step.
type Metrics struct {
	Columns []string
	Values  [][]float64 // by column, all of one length; may be NaN or infinite
}

// Len returns the number of rows.
func (m *Metrics) Len() int {
	if m == nil || len(m.Values) == 0 {
		return 0
	}
	return len(m.Values[0])
}

// Column returns the values of a column, which are not a copy, or nil if no column has
// that name.
func (m *Metrics) Column(name string) []float64 {
	if m == nil {
		return nil
	}
	i := slices.Index(m.Columns, name)
	if i < 0 {
		return nil
	}
	return m.Values[i]
}

// Terms returns the names of the columns that are terms of the objective, in order.
func (m *Metrics) Terms() []string {
	if m == nil {
		return nil
	}
	var terms []string
	for _, c := range m.Columns {
		switch c {
		case ColumnStep, ColumnEvaluations, ColumnRate, ColumnTotal, ColumnStage, ColumnSeconds:
		default:
			if !strings.Contains(c, ".") {
				terms = append(terms, c)
			}
		}
	}
	return terms
}

func wholeLines(data []byte) []byte { return data[:bytes.LastIndexByte(data, '\n')+1] }

// ReadMetrics reads metrics.csv, times.csv or yardstick.csv in dir, as the argument
// file selects. See ParseMetrics.
func ReadMetrics(dir, file string) (*Metrics, error) {
	path := filepath.Join(dir, file)
	data, err := readPath(path, maxMetricsBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m, err := ParseMetrics(data)
	if err != nil {
		return m, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// ParseMetrics reads the bytes of metrics. An incomplete last line is dropped without
// an error, because a crash leaves such a line. Earlier damage is an error that gives
// the line. The rows before it are returned with the error, if there is a header.
func ParseMetrics(data []byte) (*Metrics, error) {
	r := csv.NewReader(bytes.NewReader(wholeLines(data)))
	r.ReuseRecord = true
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err == io.EOF {
		return &Metrics{}, nil // nothing has been written yet
	}
	if err != nil {
		return nil, fmt.Errorf("not metrics: %w", err)
	}
	m := &Metrics{Columns: slices.Clone(header), Values: make([][]float64, len(header))}
	for i := range m.Columns {
		share(&m.Columns[i])
	}
	if _, err := metricsHeader(m.Columns); err != nil {
		return nil, fmt.Errorf("not metrics: %w", err)
	}
	// All columns share one array, because thousands of runs are held at a time.
	lines := bytes.Count(data, []byte{'\n'}) - 1
	values := make([]float64, max(0, lines)*len(header))
	for i := range m.Values {
		m.Values[i], values = values[:0:max(0, lines)], values[max(0, lines):]
	}
	for {
		record, err := r.Read()
		if err == io.EOF {
			return m, nil
		}
		if err != nil {
			return m, fmt.Errorf("damaged metrics: %w", err)
		}
		line, _ := r.FieldPos(0)
		if len(record) != len(m.Columns) {
			return m, fmt.Errorf("damaged metrics: line %d has %d values, the header has %d", line, len(record), len(m.Columns))
		}
		for i, s := range record {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				for j := range i {
					m.Values[j] = m.Values[j][:len(m.Values[j])-1]
				}
				return m, fmt.Errorf("damaged metrics: line %d, column %s: %.40q is not a number", line, m.Columns[i], s)
			}
			m.Values[i] = append(m.Values[i], v)
		}
	}
}
