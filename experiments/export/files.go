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
	// CSV is RFC 4180 with a header, UTF-8 and \n line breaks. Unknown values are empty;
	// numbers that are not finite are NaN, inf and -inf.
	CSV Format = "csv"
	// JSONL is one JSON object per line, each with every column. Unknown values are null,
	// and so are numbers that are not finite, which JSON does not have.
	JSONL Format = "jsonl"
)

// ErrExists means that a file already exists.
var ErrExists = mistake.Errorf("the file exists")

// WriteTables writes the tables runs, curves, long and measures in that format, and
// metrics.json for DVC, into a directory, which it creates if it is missing. Each file
// is written completely or not at all. If one of them exists and replace is false,
// nothing is written and the error wraps ErrExists. It returns the files' paths.
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
	_ = w.Write(t.columns) // to memory: cannot fail
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

// cell formats a value for CSV so that both pandas and R recognise its type.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool: // both R and pandas accept TRUE and FALSE
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

// finite returns nil for numbers that JSON does not have.
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
