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
	Value  float64 // NaN where it is not defined
	Unit   string  // in words
	Group  string  // see GroupContent and so on
	Better string  // Higher, Lower, or empty where that is a matter of taste
	// HeldOut tells that the layer was not optimised. Only who knows the run can
	// say so: Yardstick leaves it false.
	HeldOut bool
	// OfContent and OfStyle are the same measure of the content and of the style
	// image themselves, NaN where there is none or where it says nothing: where a
	// transfer that does nothing stands, and how noisy a clean picture is.
	OfContent, OfStyle float64
}

// Key is the name with the layer: "gram_cosine.relu3_1".
func (v Value) Key() string {
	if v.Layer == "" {
		return v.Name
	}
	return v.Name + "." + v.Layer
}

// Find gives the value of a key; NaN where there is none.
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

// References are what a picture is compared with. Either may be missing; then
// what needs it is left out.
type References struct {
	Content *nst.Image
	Style   []nst.Target // several count by their weights
}

// Style is one style image, as References wants it.
func Style(m *nst.Image) []nst.Target { return []nst.Target{{Image: m, Weight: 1}} }

// weights are the style images' weights, scaled to sum to one; nil where they
// cannot be.
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
