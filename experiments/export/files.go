package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/result"
)

// A Format is a kind of table files.
type Format string

const (
	// CSV is RFC 4180 with a header, UTF-8 and plain line ends. What is not known is
	// empty; numbers that are not finite are NaN, inf and -inf.
	CSV Format = "csv"
	// JSONL is one JSON object a line, every column in every one. What is not known
	// is null, and so is a number that is not finite, which JSON does not have.
	JSONL Format = "jsonl"
)

// ErrExists says that a file is in the way.
var ErrExists = mistake.Errorf("the file exists")

// WriteTables writes the runs as tables runs, curves, long and measures in that
// format, and metrics.json for DVC, into a directory, which is made if need be.
// Each file is written as a whole. Where one of them is there already nothing is
// written and the error is an ErrExists, unless they may be replaced. The files'
// paths come back.
func WriteTables(dir string, f Format, runs []Run, replace bool) ([]string, error) {
	type file struct {
		name string
		data []byte
	}
	var files []file
	for _, t := range tables(runs) {
		var data []byte
		switch f {
		case CSV:
			data = t.csv()
		case JSONL:
			data = t.jsonl()
		default:
			return nil, mistake.Errorf("no format %q: %s or %s", f, CSV, JSONL)
		}
		files = append(files, file{t.name + "." + string(f), data})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(dvc(runs)); err != nil {
		return nil, err
	}
	files = append(files, file{"metrics.json", b.Bytes()})

	var paths []string
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		paths = append(paths, path)
		if _, err := os.Lstat(path); err == nil && !replace {
			return nil, fmt.Errorf("%w: %s", ErrExists, path)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	for i, f := range files {
		if err := result.WriteFile(paths[i], f.data); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

func (t table) csv() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(t.columns) // into memory: cannot fail
	for _, row := range t.rows {
		record := make([]string, len(row))
		for i, v := range row {
			record[i] = cell(v)
		}
		_ = w.Write(record)
	}
	w.Flush()
	return b.Bytes()
}

// cell is a value as CSV has it, in a form that both pandas and R take for what it is.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool: // TRUE and FALSE are what R knows; pandas knows them too
		return strings.ToUpper(strconv.FormatBool(v))
	case float64:
		switch {
		case math.IsInf(v, 1):
			return "inf"
		case math.IsInf(v, -1):
			return "-inf"
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

func (t table) jsonl() []byte {
	var b bytes.Buffer
	for _, row := range t.rows {
		for i, v := range row {
			lead := byte(',')
			if i == 0 {
				lead = '{'
			}
			if f, ok := v.(float64); ok {
				v = finite(f)
			}
			b.WriteByte(lead)
			b.Write(quoted(t.columns[i]))
			b.WriteByte(':')
			b.Write(quoted(v))
		}
		b.WriteString("}\n")
	}
	return b.Bytes()
}

// finite is nil for what JSON has no number for.
func finite(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

func quoted(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // a string, a bool, a finite number or nil
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
