package measure

import (
	"errors"
	"fmt"
	"math"

	"github.com/gonst/workbench/nst"
)

// Groups of values, by the question that they answer.
const (
	GroupContent   = "content"   // is the content still there, in feature space?
	GroupStyle     = "style"     // has the style arrived, in feature space?
	GroupColour    = "colour"    // whose palette is it?
	GroupStructure = "structure" // are edges and shapes where they were?
	GroupNoise     = "noise"     // is it clean?
)

// Which direction is the better one.
const (
	Higher = "higher"
	Lower  = "lower"
)

// Value is one number about a picture.
type Value struct {
	Name   string  // "gram_cosine"
	Layer  string  // empty: of all layers, or of none
	Value  float64 // NaN if it is not defined
	Unit   string  // in words
	Group  string  // see GroupContent and so on
	Better string  // Higher, Lower, or empty if neither is better
	// HeldOut means that the run did not optimise the layer. A caller that knows the run
	// sets it; this package leaves it false.
	HeldOut bool
	// OfContent and OfStyle are the same measure of the content and of the style image
	// themselves: the value of a transfer that changes nothing, and of a clean picture.
	// NaN if there is none or it has no meaning.
	OfContent, OfStyle float64
}

// Key returns the name with the layer: "gram_cosine.relu3_1".
func (v Value) Key() string {
	if v.Layer == "" {
		return v.Name
	}
	return v.Name + "." + v.Layer
}

// Find returns the value of a key, or NaN if there is none.
func (l List) Find(key string) float64 {
	for _, v := range l {
		if v.Key() == key {
			return v.Value
		}
	}
	return math.NaN()
}

// plain makes a value without references.
func plain(name, layer string, v float64, unit, group, better string) Value {
	return Value{Name: name, Layer: layer, Value: v, Unit: unit, Group: group, Better: better, OfContent: math.NaN(), OfStyle: math.NaN()}
}

// References are the images that a picture is compared with. Both are optional;
// measures that need a missing one are omitted.
type References struct {
	Content *nst.Image
	// Style are the style images. Several count by their weights, which are 0 or more;
	// if all are 0, there is no style. A Mask is ErrMask: the measures compare whole images.
	Style []nst.Target
}

// ErrMask means that a style image has a mask. A picture in which each style has its
// own part can be measured part by part: cut the parts out of picture and style image.
var ErrMask = errors.New("measure: a style image with a mask: the measures compare whole images, remove the mask")

// Style returns one style image for References.
func Style(m *nst.Image) []nst.Target { return []nst.Target{{Image: m, Weight: 1}} }

// weights checks the style images and returns their weights, scaled to sum to one; nil
// if no style image counts.
func (r References) weights() ([]float64, error) {
	if len(r.Style) == 0 {
		return nil, nil
	}
	sum := 0.0
	for i, s := range r.Style {
		switch {
		case s.Mask != nil:
			return nil, ErrMask
		case !(s.Weight >= 0) || math.IsInf(s.Weight, 0):
			return nil, fmt.Errorf("measure: style image %d has the weight %v: must be 0 or more", i+1, s.Weight)
		}
		sum += s.Weight
	}
	if sum == 0 {
		return nil, nil
	}
	w := make([]float64, len(r.Style))
	for i, s := range r.Style {
		w[i] = s.Weight / sum
	}
	return w, nil
}

// Seen is an image as it is shown and saved: cut to [0,1], 8 bits a channel. Seen of a seen
// image is the same image.
func Seen(m *nst.Image) *nst.Image { return nst.FromGo(m.RGBA()) }
