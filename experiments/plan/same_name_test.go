package plan

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSameName: the error of a missing picture names the file whose name looks the same.
func TestSameName(t *testing.T) {
	for asked, there := range map[string]string{
		"photo.png":        "Photo.PNG",
		"gro\u0308sse.png": "gr\u00f6sse.png",
		"gr\u00f6sse.png":  "gro\u0308sse.png",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, there), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, asked)
		if _, err := os.Stat(path); err == nil {
			continue // this file system takes both for one
		}
		if _, want := pictureError(path, fs.ErrNotExist); !strings.HasPrefix(want, `the name as the file has it, "`+there+`"`) {
			t.Errorf("%q: expected %s", asked, want)
		}
	}
	if _, want := pictureError(filepath.Join(t.TempDir(), "x.png"), fs.ErrNotExist); !strings.HasPrefix(want, "a PNG") {
		t.Error(want)
	}
}
