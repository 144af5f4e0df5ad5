package plan

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/internal/fixture"
)

// TestBadColour: mistakes in [colour].
func TestBadColour(t *testing.T) {
	badPlace(t, map[string]string{
		"keep = 'hue'":                        `:8:8: colour.keep: found the text "hue"; expected one of none, luminance, histogram, mean-covariance`,
		"space = 'lab'":                       `:8:1: colour.space: found a key that needs keep = "luminance"; expected keep = "luminance", or no space`,
		"keep = 'luminance'\nspace = 'rgb'":   `:9:9: colour.space: found the text "rgb"; expected one of bt601, lab, linear`,
		"keep = 'histogram'\nwhen = 'during'": `:9:8: colour.when: found the text "during"; expected one of before, after`,
	}, fixture.Pictures+"[loss.content]\n[loss.style]\n[colour]\n")
	badPlace(t, map[string]string{
		"[colour]\nkeep = 'luminance'": `:1:1: images.content: found no content image, but colour.keep needs one; expected content = "picture.png" in [images]`,
	}, "[images]\nstyle = 's.png'\n[loss.style]\n[start]\nfrom = 'noise'\n")
}

// badPlace checks the error of each text, laid behind a good configuration. DIR stands for
// the directory.
func badPlace(t *testing.T, texts map[string]string, good string, set ...string) {
	t.Helper()
	for text, want := range texts {
		file := fixture.Project(t, good+text+"\n")
		_, err := Read(file, set...)
		if err == nil {
			t.Errorf("no error for\n%s", text)
			continue
		}
		got := fixture.Unixly(strings.ReplaceAll(err.Error(), file, ""))
		if got = strings.ReplaceAll(got, filepath.Dir(file), "DIR"); got != want {
			t.Errorf("%s\nsaid\n%s\nwant\n%s", text, got, want)
		}
	}
}
