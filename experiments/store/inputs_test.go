package store

import (
	"slices"
	"testing"

	"github.com/gonst/workbench/experiments/plan"
)

// Styles are named by three keys and masks by two: a picture is nevertheless one input.
func TestInputsOnce(t *testing.T) {
	p, err := plan.Read("../../configs/masks.toml")
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := planInputs(p)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, in := range inputs {
		got = append(got, in.Role+" "+in.Label+" "+in.Value)
	}
	want := []string{
		"content town.png ", "style dusk.png ", "style waves.png (rest) ",
		"mask town-labels.png (masked, sky, rest) ", "mask fade.png (palette) titu1994-colour-mask", "style-mask dusk-sky.png (sky) ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the inputs are\n%q\nnot\n%q", got, want)
	}
}
