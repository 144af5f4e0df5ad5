package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func picture(t *testing.T, uniform bool) string {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 2, 2))
	if !uniform {
		m.SetGray(1, 1, color.Gray{Y: 9})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestCheck(t *testing.T) {
	good := `{"output_type": "display_data", "data": {"text/html": ["<p>", "<img src=\"data:image/png;base64,` + picture(t, false) + `\">"]}}`
	for name, c := range map[string]struct{ count, outputs, want string }{
		"good":         {"1", good, ""},
		"plain PNG":    {"1", `{"output_type": "execute_result", "data": {"image/png": "` + picture(t, false) + `"}}`, ""},
		"failed":       {"1", good + `, {"output_type": "error", "evalue": "no"}`, "failed: no"},
		"error output": {"1", good + `, {"output_type": "stream", "name": "stderr", "text": ["oh"]}`, "error output: oh"},
		"no picture":   {"1", `{"output_type": "stream", "name": "stdout", "text": "x"}`, "shows no picture"},
		"one colour":   {"1", `{"output_type": "display_data", "data": {"image/png": "` + picture(t, true) + `"}}`, "of one colour"},
		"broken":       {"1", `{"output_type": "display_data", "data": {"image/png": "aGVsbG8="}}`, "picture: unexpected EOF"},
		"not run":      {"null", good, "was not run"},
	} {
		_, err := check([]byte(`{"cells": [{"cell_type": "code", "metadata": {"tags": ["picture"]}, "source": ["x := 1"], "execution_count": ` +
			c.count + `, "outputs": [` + c.outputs + `]}]}`))
		if c.want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// The notebooks in git are clean: no outputs, our kernel, ids, and at least one
// cell that must show a picture.
func TestNotebooksAreClean(t *testing.T) {
	paths, err := filepath.Glob("../*.ipynb")
	if err != nil || len(paths) == 0 {
		t.Fatal("no notebooks", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var n struct {
			Metadata struct {
				Kernel struct{ Name string } `json:"kernelspec"`
			}
			Cells []struct {
				ID       string
				Kind     string `json:"cell_type"`
				Metadata struct{ Tags []string }
				Outputs  []any
				Count    *int `json:"execution_count"`
			}
		}
		if err := json.Unmarshal(data, &n); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if n.Metadata.Kernel.Name != "gophernotes" {
			t.Errorf("%s: kernel %q", path, n.Metadata.Kernel.Name)
		}
		tagged := 0
		ids := map[string]bool{}
		for i, c := range n.Cells {
			if len(c.Outputs) > 0 || c.Count != nil {
				t.Errorf("%s: cell %d has outputs; clear them (Edit, Clear Outputs of All Cells)", path, i+1)
			}
			if c.ID == "" || ids[c.ID] {
				t.Errorf("%s: cell %d has no id of its own", path, i+1)
			}
			ids[c.ID] = true
			tagged += len(c.Metadata.Tags)
		}
		if tagged == 0 {
			t.Errorf(`%s: no cell has the tag "picture"`, path)
		}
	}
}
