package weights

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Catalogue() {
		if seen[e.Name] || seen[e.File] {
			t.Errorf("%s: twice, or its file", e.Name)
		}
		seen[e.Name], seen[e.File] = true, true
		if e.Network != "vgg16" && e.Network != "vgg19" || e.Preprocess != "caffe" && e.Preprocess != "torchvision" ||
			e.License == "" || e.Attribution == "" || len(e.Addresses) == 0 || e.File != filepath.Base(e.File) {
			t.Errorf("%s: something is missing: %+v", e.Name, e)
		}
		if len(e.MD5) != 32 && len(e.SHA256) < 8 || strings.Trim(e.MD5+e.SHA256, "0123456789abcdef") != "" {
			t.Errorf("%s: digests %q, %q", e.Name, e.MD5, e.SHA256)
		}
		for _, a := range e.Safetensors { // no digest identifies these files
			if !strings.HasPrefix(a, "https://") || !strings.HasSuffix(a, ".safetensors") || e.Known == "" {
				t.Errorf("%s: address %s", e.Name, a)
			}
		}
		for _, a := range e.Addresses {
			if !strings.HasPrefix(a, "https://") || !strings.HasSuffix(a, "/"+e.File) {
				t.Errorf("%s: address %s", e.Name, a)
			}
		}
	}
	for name, want := range map[string]string{"vgg19-kera": "did you mean vgg19-keras?", "resnet": "it has vgg19-keras, "} {
		if _, err := Find(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, want)
		}
	}
	for name, want := range map[string]string{"vgg19-keras": "80 MB", "vgg19-torchvision": "80 MB or 574 MB", "vgg16-torchvision": "58 MB or 553 MB", "vgg19-caffe": ""} {
		if e, err := Find(name); err != nil || e.Amount() != want {
			t.Errorf("%s brings %q, %v; want %q", name, e.Amount(), err, want)
		}
	}
	if e, err := Find("vgg16-torchvision"); err != nil || e.Network != "vgg16" {
		t.Errorf("%+v, %v", e, err)
	}
}
