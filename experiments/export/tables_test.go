package export_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/export"
)

func replace(s, old, new string) string { return strings.Replace(s, old, new, 1) }

func picture(t testing.TB, w, h int, grey byte) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = grey
	}
	m.Set(0, 0, color.White)
	var b bytes.Buffer
	must(t, png.Encode(&b, m))
	return b.Bytes()
}

// frame is a table as pandas has it.
type frame struct {
	Columns []string
	Types   map[string]string // numpy's kinds: i, f, b, O
	Rows    [][]any
}

func (f frame) cell(t *testing.T, row int, column string) any {
	t.Helper()
	i := slices.Index(f.Columns, column)
	if i < 0 {
		t.Fatalf("no column %q among %q", column, f.Columns)
	}
	return f.Rows[row][i]
}

// Pandas reads the tables as they are.
func TestPandas(t *testing.T) {
	dir := experiment(t)
	for _, f := range []export.Format{export.CSV, export.JSONL} {
		t.Run(string(f), func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "new", "out")
			if _, err := export.WriteTables(to, f, open(t, dir), false); err != nil {
				t.Fatal(err)
			}
			var got struct {
				Runs, Curves, Long, Measures frame
				Last                         map[string]any
				Metrics                      map[string]map[string]map[string]any
			}
			must(t, json.Unmarshal(python(t, "pandas", "testdata/read_tables.py", to, string(f)), &got))

			inf, negInf, no := any("inf"), any("-inf"), any(false)
			if f == export.JSONL {
				inf, negInf = nil, nil // JSON has no such number
				no = 0.0               // what pandas makes of a column of false and null
			}
			for _, c := range []struct {
				table  frame
				row    int
				column string
				want   any
			}{
				{got.Runs, 0, "run", "w=1-aaaa"},
				{got.Runs, 0, "status", "done"},
				{got.Runs, 1, "status", "failed"},
				{got.Runs, 2, "status", "running"},
				{got.Runs, 3, "status", "waiting"},
				{got.Runs, 0, "problem", nil},
				{got.Runs, 1, "problem", "not finite, \"really\"\nat step 1"},
				{got.Runs, 0, "config.images.content", `a "b", c.png`},
				{got.Runs, 1, "config.loss.style.weight", 2.0},
				{got.Runs, 0, "config.loss.style.layers", "conv1_1, conv2_1"},
				{got.Runs, 0, "config.optimizer.nesterov", no},
				{got.Runs, 3, "config.seed", nil},
				{got.Runs, 0, "final.total", 0.125},
				{got.Runs, 1, "final.total", nil},
				{got.Runs, 0, "near.steps", 1.0}, // 0.13 is within 5 % of 0.125
				{got.Runs, 1, "near.steps", nil},
				{got.Runs, 0, "axis.loss.style.weight", 1.0},
				{got.Runs, 0, "measure.gram_cosine.relu1_1", 0.75},
				{got.Runs, 0, "measure.ssim", nil},
				{got.Curves, 0, "total", 2.0},
				{got.Curves, 1, "seconds", 0.75},
				{got.Curves, 1, "yardstick.content.relu4_2", nil}, // taken at steps 0 and 2
				{got.Curves, 2, "yardstick.content.relu4_2", 0.5},
				{got.Curves, 4, "total", inf},
				{got.Curves, 4, "style.conv1_1", negInf},
				{got.Curves, 0, "content", nil},
				{got.Curves, 5, "content", 7.0},
				{got.Long, 0, "series", "evaluations"},
				{got.Measures, 0, "held_out", true},
				{got.Measures, 0, "layer", "relu1_1"},
				{got.Measures, 1, "layer", nil},
			} {
				if v := c.table.cell(t, c.row, c.column); v != c.want {
					t.Errorf("row %d of %s: %v, want %v", c.row, c.column, v, c.want)
				}
			}
			if len(got.Runs.Rows) != 4 || len(got.Curves.Rows) != 3+2+1 || len(got.Measures.Rows) != 2 {
				t.Errorf("%d runs, %d steps, %d measures", len(got.Runs.Rows), len(got.Curves.Rows), len(got.Measures.Rows))
			}
			// 5 columns of metrics.csv at 3 steps, 2 of yardstick.csv at 2; 5 at 2 steps; 6 at 1. The torn line counts for nothing.
			if n := len(got.Long.Rows); n != 3*5+2*2+2*5+6 {
				t.Errorf("%d rows in the long table", n)
			}
			for column, kind := range map[string]string{"step": "i", "seconds": "f", "total": "f", "evaluations": "i", "run": "O"} {
				if got.Curves.Types[column] != kind {
					t.Errorf("%s is of kind %q, not %q", column, got.Curves.Types[column], kind)
				}
			}
			if got.Last["w=1-aaaa"] != 0.125 || got.Last["w=3-cccc"] != 2.0 {
				t.Errorf("the last totals are %v", got.Last)
			}
			if m := got.Metrics["exp"]["w=1-aaaa"]; m["final.total"] != 0.125 || m["measure.gram_cosine.relu1_1"] != 0.75 || m["near.steps"] != 1.0 {
				t.Errorf("for DVC: %v", m)
			}
		})
	}
}

// R reads the tables as they are. It is large, so that CI does without.
func TestR(t *testing.T) {
	if exec.Command("Rscript", "-e", "library(jsonlite)").Run() != nil {
		t.Skip("no R with jsonlite")
	}
	dir, to := experiment(t), t.TempDir()
	for _, f := range []export.Format{export.CSV, export.JSONL} {
		_, err := export.WriteTables(to, f, open(t, dir), true)
		must(t, err)
	}
	out, err := exec.Command("Rscript", "testdata/read_tables.R", to).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if want := "integer numeric logical character\n3 0.125 Inf -Inf\nTRUE TRUE\n35 6 35 6\n"; string(out) != want {
		t.Errorf("R found\n%s, want\n%s", out, want)
	}
}

// What is there stays, unless it may be replaced; the same results give the same bytes.
func TestTablesReplace(t *testing.T) {
	dir, to := experiment(t), t.TempDir()
	mine := filepath.Join(to, "long.csv")
	must(t, os.WriteFile(mine, []byte("mine"), 0o666))
	if _, err := export.WriteTables(to, export.CSV, open(t, dir), false); !errors.Is(err, export.ErrExists) || !strings.Contains(err.Error(), mine) {
		t.Errorf("written over a file: %v", err)
	}
	if entries, _ := os.ReadDir(to); len(entries) != 1 {
		t.Errorf("something was written: %v", entries)
	}
	files, err := export.WriteTables(to, export.CSV, open(t, dir), true)
	must(t, err)
	var first [][]byte
	for _, f := range files {
		data, err := os.ReadFile(f)
		must(t, err)
		first = append(first, data)
	}
	_, err = export.WriteTables(to, export.CSV, open(t, dir), true)
	must(t, err)
	for i, f := range files {
		if data, _ := os.ReadFile(f); !bytes.Equal(data, first[i]) {
			t.Errorf("%s is not the same again", f)
		}
	}
}

// Damaged and foreign files never stop an export.
func TestDamaged(t *testing.T) {
	dir := experiment(t)
	must(t, os.WriteFile(filepath.Join(dir, "w=1-aaaa", "config.toml"), []byte("\x00"), 0o666))
	must(t, os.WriteFile(filepath.Join(dir, "w=1-aaaa", "metrics.csv"), []byte("total,total\n1,2\n"), 0o666))
	must(t, os.WriteFile(filepath.Join(dir, "w=2-bbbb", "run.json"), []byte("{"), 0o666))
	runs, warnings, err := export.Open(dir)
	if err != nil || len(warnings) == 0 {
		t.Errorf("warnings %q, error %v", warnings, err)
	}
	if _, err := export.WriteTables(t.TempDir(), export.JSONL, runs, false); err != nil {
		t.Error(err)
	}
	if _, _, err := export.Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "plan.toml") {
		t.Errorf("an empty directory: %v", err)
	}
}
