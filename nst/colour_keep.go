package nst

import "cmp"

// Keep says which colours a picture has. Its zero value changes nothing.
type Keep struct {
	Colours Colours     // empty: StyleColours
	Space   ColourSpace // empty: BT601 for Luminance, RGB for the others
	After   bool        // change the result, not the style images
}

// Colours says how a style transfer keeps the colours of the content (Gatys, Bethge,
// Hertzmann, Shechtman 2016, "Preserving Color in Neural Artistic Style Transfer").
type Colours string

const (
	// StyleColours are those of the style: nothing is kept.
	StyleColours Colours = "none"
	// LuminanceOnly transfers only the luminance (section 4). Content and style become
	// grey, the style with the mean and the deviation of the content's luminance, and the
	// result gets the colours of the content. With After the transfer is in colours.
	LuminanceOnly Colours = "luminance"
	// MatchHistogram matches the histograms of the three coordinates (section 3).
	MatchHistogram Colours = "histogram"
	// MatchMeanCovariance matches means and covariances by the linear map of section 3.1
	// with symmetric roots, which the authors take from Image Analogies.
	MatchMeanCovariance Colours = "mean-covariance"
)

var keptColours = choices[Colours, matching]{
	{StyleColours, nil}, {LuminanceOnly, nil}, {MatchHistogram, matchHistograms}, {MatchMeanCovariance, matchMoments},
}

// matching changes colours, in the coordinates of a space, to those of a reference.
type matching func(colours, reference []triple)

// Validate returns an error for unknown values, and for Luminance in RGB.
func (k Keep) Validate() error {
	_, err := k.space()
	if err == nil {
		_, err = keptColours.of("colours", k.Colours)
	}
	return err
}

func (k Keep) space() (colourTransform, error) {
	if k.Colours == LuminanceOnly {
		return luminous(k.Space)
	}
	return colourSpaces.of("colour space", cmp.Or(k.Space, RGB))
}

// None reports whether nothing is kept.
func (k Keep) None() bool { return cmp.Or(k.Colours, StyleColours) == StyleColours }

// Content returns the content image that the transfer reads.
func (k Keep) Content(content *Image) (*Image, error) {
	if k.Colours != LuminanceOnly || k.After {
		return content, k.Validate()
	}
	return content.Luminance(k.Space)
}

// Style returns the style image that the transfer reads, for a content image.
func (k Keep) Style(style, content *Image) (*Image, error) {
	switch {
	case k.None() || k.After:
		return style, k.Validate()
	case k.Colours == LuminanceOnly:
		return style.luminanceLike(content, k.Space)
	}
	return style.Matched(content, k.Colours, k.Space)
}

// Result returns the picture, for the result of the transfer and the original content
// image. The content image is resized if its size differs.
func (k Keep) Result(result, content *Image) (*Image, error) {
	if k.None() || !k.After && k.Colours != LuminanceOnly {
		return result, k.Validate()
	}
	if k.Colours != LuminanceOnly {
		return result.Matched(content, k.Colours, k.Space)
	}
	same, err := content.Resize(result.Width, result.Height, CatmullRom)
	if err != nil {
		return nil, err
	}
	return result.WithColours(same, k.Space)
}
