package cmd

import (
	"net/http"
	"net/http/httptest"
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
		if out := mustRun(t, exitDone, dir, "weights", "check", genuine); !strings.Contains(out, "vgg19, 16 convolutions") || !strings.Contains(out, `Oxford, as Keras ships it; they require preprocess = "caffe"`) {
			t.Errorf("check of the genuine file says\n%s", out)
		}
	}
}

// From a server that sends parts of a safetensors file the convolutions are fetched, and
// kept when the forward checksum says that they are what was asked for.
func TestWeightsFetchGenuine(t *testing.T) {
	genuine := os.Getenv("NST_VGG19")
	if genuine == "" {
		t.Skip("NST_VGG19 names no file with VGG-19's convolutions: none is fetched")
	}
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Dir(genuine))))
	defer server.Close()
	dir := t.TempDir()
	to, from := filepath.Join(dir, "to"), server.URL+"/"+filepath.Base(genuine)
	out := mustRun(t, exitFailed, dir, "weights", "fetch", "vgg19-torchvision", "--from", from, "--dir", to)
	if !strings.Contains(out, "these are the weights of VGG-19 of Oxford") {
		t.Errorf("other weights: %s", out)
	}
	if files, _ := filepath.Glob(filepath.Join(to, "[^.]*")); len(files) != 0 { // a lock stays
		t.Errorf("left behind: %v", files)
	}
	out = mustRun(t, exitDone, dir, "weights", "fetch", "vgg19-keras", "--from", from, "--dir", to)
	if !strings.Contains(out, "vgg19-keras.safetensors") || !strings.Contains(out, `weights = "vgg19-keras"`) {
		t.Errorf("said %s", out)
	}
	t.Setenv("NST_WEIGHTS", to)
	picture(t, filepath.Join(dir, "a.png"), func(x, y float64) (r, g, b float64) { return x, y, x * y })
	check := []string{"check", "preset:keras", "--set", "images.content=a.png", "--set", "images.style=a.png"}
	if out := mustRun(t, exitDone, dir, check...); !strings.Contains(out, "1 run") || strings.Contains(out, "warning") {
		t.Errorf("said %s", out)
	}
	if out := mustRun(t, exitDone, dir, append(check, "--set", "network.preprocess=torchvision")...); !strings.Contains(out, `nst: warning: vgg19-keras.safetensors has the weights of VGG-19 of Oxford`) {
		t.Errorf("said %s", out)
	}
}
