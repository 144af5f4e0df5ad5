package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWeights(t *testing.T) {
	dir := t.TempDir()
	if out := mustRun(t, exitDone, dir, "weights", "list"); !strings.Contains(out, "vgg19-keras") || !strings.Contains(out, "caffe") {
		t.Errorf("the list is\n%s", out)
	}
	if out := mustRun(t, exitUsage, dir, "weights", "fetch", "vgg19-kears"); !strings.Contains(out, "did you mean vgg19-keras?") {
		t.Errorf("a misspelt name is answered with\n%s", out)
	}
	other := filepath.Join(dir, "other.h5")
	if err := os.WriteFile(other, []byte("not the published file"), 0o666); err != nil {
		t.Fatal(err)
	}
	mustRun(t, exitFailed, dir, "weights", "fetch", "vgg19-keras", "--from", other, "--dir", filepath.Join(dir, "to"))
	if files, _ := filepath.Glob(filepath.Join(dir, "to", "*.h5")); len(files) != 0 {
		t.Errorf("another file got the published one's name: %v", files)
	}
	if out := mustRun(t, exitUsage, dir, "weights", "check", other); !strings.Contains(out, "not a weights file") {
		t.Errorf("check of another file says\n%s", out)
	}
	mustRun(t, exitUsage, dir, "weights", "convert", other, "out.safetensors")
	if _, err := os.Stat(filepath.Join(dir, "out.safetensors")); err == nil {
		t.Error("a failed conversion left its file")
	}
	if genuine := os.Getenv("NST_VGG19"); genuine != "" {
		if out := mustRun(t, exitDone, dir, "weights", "check", genuine); !strings.Contains(out, "vgg19, 16 convolutions") || !strings.Contains(out, `Oxford, as Keras ships it; they want preprocess = "caffe"`) {
			t.Errorf("check of the genuine file says\n%s", out)
		}
	}
}
