package config

import (
	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// Colour is the [colour] table: which colours the picture has.
type Colour struct {
	Keep  nst.Colours
	Space nst.ColourSpace
	When  string // "before", "after"
}

func colourFields(c *Config, visit func(field.Field)) {
	k := &c.Colour
	visit(field.Choice("keep", &k.Keep, nst.StyleColours, nst.StyleColours, nst.LuminanceOnly, nst.MatchHistogram, nst.MatchMeanCovariance).
		Says("What of the content's colours the picture keeps. none: nothing, it has those of the style. luminance: all, only the luminance is transferred. histogram and mean-covariance: which colours occur; the style picture is given those of the content first."))
	kept := k.Keep != nst.StyleColours
	space, spaces := nst.RGB, []nst.ColourSpace{nst.RGB, nst.BT601, nst.Lab, nst.Linear}
	if k.Keep == nst.LuminanceOnly {
		space, spaces = nst.BT601, spaces[1:]
	}
	visit(field.Given(field.Choice("space", &k.Space, space, spaces...).
		Says("The coordinates of colours: stored values (rgb), luma and colour differences (bt601), CIE L*a*b* (lab), or luminance and colour differences of linear light (linear). The default is bt601 for luminance and rgb for the others; rgb has no luminance."),
		&k.Space, kept, `keep = "luminance"`))
	visit(field.Given(field.Choice("when", &k.When, "before", "before", "after").
		Says("Change the pictures before the run, as Gatys et al. 2016 do, or only its result (after). With luminance the result gets the content's colours in both cases; before means that the run itself sees grey pictures."),
		&k.When, kept, `keep = "luminance"`))
}

// Build returns the value of package nst.
func (k Colour) Build() nst.Keep {
	return nst.Keep{Colours: k.Keep, Space: k.Space, After: k.When == "after"}
}
