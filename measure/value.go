package measure

import (
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
	Style   []nst.Target // several count by their weights
}

// Style returns one style image for References.
func Style(m *nst.Image) []nst.Target { return []nst.Target{{Image: m, Weight: 1}} }

// weights returns the style images' weights, scaled to sum to one, or nil if that is
// impossible.
func (r References) weights() []float64 {
	sum := 0.0
	for _, s := range r.Style {
		sum += s.Weight
	}
	if !(sum > 0) {
		return nil
	}
	w := make([]float64, len(r.Style))
	for i, s := range r.Style {
		w[i] = s.Weight / sum
	}
	return w
}

// Seen is an image as it is shown and saved: cut to [0,1], 8 bits a channel. Seen of a seen
// image is the same image.
func Seen(m *nst.Image) *nst.Image { return nst.FromGo(m.RGBA()) }
