package configs

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestEveryFileIsListed(t *testing.T) {
	files, err := filepath.Glob("presets/*.toml")
	if err != nil || len(files) != len(Presets()) {
		t.Fatalf("%d files, %d presets listed, %v", len(files), len(Presets()), err)
	}
	for _, f := range files {
		if name := filepath.Base(f[:len(f)-len(".toml")]); !slices.Contains(Presets(), name) {
			t.Errorf("%s is not listed", name)
		}
	}
	for _, name := range []string{"", "../presets/keras", "Keras.toml"} {
		if _, ok := Preset(name); ok {
			t.Errorf("there is a preset %q", name)
		}
	}
}
