package result

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Columns of yardstick.csv after the first, which is step: "content.<layer>" is 1/2
// sum((F-P)^2)/(N M), "style.<layer>" is Gatys' E_l. Both use the yardstick's network
// and size, independent of the losses of the run. A run without a content or a style
// image does not have these columns.
const (
	YardstickContent = "content"
	YardstickStyle   = "style"
)

// YardstickColumn returns the name of a layer's column in yardstick.csv.
func YardstickColumn(part, layer string) string { return part + "." + layer }

// Measures is measures.json: how the picture of a run compares with its content and
// style images, and the effect of each term of its objective. It does not depend on
// time and place: a run that is made a second time has the same bytes.
type Measures struct {
	Format int `json:"format"` // WriteMeasures sets it
	Step   int `json:"step"`   // the number of steps done when the picture was measured

	// Yardstick describes the network that measured the image and the targets. It is
	// nil if the run has none.
	Yardstick *Yardstick `json:"yardstick,omitempty"`
	// Measures are in an order that is the same for all runs of one configuration. No
	// two have the same key.
	Measures []Measure `json:"measures"`
	// Shares at the start, then at the end. Each term precedes its layers.
	Shares []Share `json:"shares,omitempty"`
}

// Yardstick is the fixed network that images are compared on. Numbers of two runs
// compare if ID is the same. Different pictures have different scales even then.
type Yardstick struct {
	ID      string   `json:"id"`                // a hash of all following fields except Width and Height
	Network string   `json:"network"`           // "pyramid", "vgg19"
	Weights string   `json:"weights,omitempty"` // SHA-256 of the file; empty for random filters
	About   string   `json:"about"`             // the network in words
	Size    int      `json:"size"`              // pixels of the long side at which all images are measured
	Width   int      `json:"width"`             // of the run's picture at that size
	Height  int      `json:"height"`
	Content []string `json:"content,omitempty"` // layers
	Style   []string `json:"style,omitempty"`   // layers
}

// Groups of measures, in the order of display.
const (
	GroupContent   = "content"   // is the content still recognisable, in feature space?
	GroupStyle     = "style"     // has the style arrived, in feature space?
	GroupColour    = "colour"    // whose palette is it?
	GroupStructure = "structure" // are edges and shapes where they were?
	GroupNoise     = "noise"     // is it clean?
)

// Groups lists the groups.
func Groups() []string {
	return []string{GroupContent, GroupStyle, GroupColour, GroupStructure, GroupNoise}
}

// Directions of a measure.
const (
	Higher = "higher" // higher is better
	Lower  = "lower"  // lower is better
)

// Measure is one number about the picture of a run.
type Measure struct {
	Name  string `json:"name"`            // "gram_cosine"
	Layer string `json:"layer,omitempty"` // empty: over all layers, or without a layer
	Value Float  `json:"value"`           // NaN if it is not defined
	Unit  string `json:"unit"`            // in words: "cosine", "ΔE*ab"
	Group string `json:"group"`           // one of Groups
	// Better is Higher or Lower. It is empty if neither is better: then compare with
	// the values of the content and of the style.
	Better string `json:"better"`
	// HeldOut reports that the run did not optimise this measure: no loss of the run
	// uses this layer of this network.
	HeldOut bool `json:"heldout"`
	// The measure of the content image and of the style image, if that is meaningful.
	OfContent *Float `json:"of_content,omitempty"`
	OfStyle   *Float `json:"of_style,omitempty"`
}

// Key returns the measure's name with its layer: "gram_cosine.relu3_1". It is unique
// within a run.
func (m Measure) Key() string {
	if m.Layer == "" {
		return m.Name
	}
	return m.Name + "." + m.Layer
}

// Moments of a run at which shares are measured.
const (
	AtStart = "start" // the first image of the optimisation
	AtEnd   = "end"   // the final picture
)

// Share is the effect of a term, or of one of its layers, at one moment: its part of
// the loss and of the gradient. A term's parts are parts of the sums of absolute values
// over all terms. The parts of the layers sum to the part of their term.
type Share struct {
	At       string `json:"at"`
	Term     string `json:"term"`
	Layer    string `json:"layer,omitempty"` // empty: the term as a whole
	Value    Float  `json:"value"`           // weighted, as in the total
	Norm     Float  `json:"norm"`            // of its weighted gradient, in pixels of 0 to 1
	Loss     Float  `json:"loss"`            // 0 to 1
	Gradient Float  `json:"gradient"`        // 0 to 1
}

// Find returns the measure with that key, or nil. A nil Measures has none.
func (m *Measures) Find(key string) *Measure {
	if m == nil {
		return nil
	}
	for i := range m.Measures {
		if m.Measures[i].has(key) {
			return &m.Measures[i]
		}
	}
	return nil
}

// has reports whether the measure has that key.
func (m *Measure) has(key string) bool {
	if m.Layer == "" {
		return key == m.Name
	}
	n := len(m.Name)
	return len(key) == n+1+len(m.Layer) && key[n] == '.' && key[:n] == m.Name && key[n+1:] == m.Layer
}

// Validate returns an error if the measures are invalid.
func (m *Measures) Validate() error {
	seen := make(map[string]bool, len(m.Measures))
	for i, v := range m.Measures {
		key := v.Key()
		switch {
		case v.Name == "" || strings.ContainsAny(key, ",\"\r\n"):
			return fmt.Errorf("measure %d has the name %q, which is empty or contains a comma, a quote or a line break", i+1, key)
		case seen[key]:
			return fmt.Errorf("two measures are named %q", key)
		case !slices.Contains(Groups(), v.Group):
			return fmt.Errorf("the measure %q has the group %q: must be one of %q", key, v.Group, Groups())
		case v.Better != "" && v.Better != Higher && v.Better != Lower:
			return fmt.Errorf("the measure %q has the direction %q: must be %q, %q or empty", key, v.Better, Higher, Lower)
		}
		seen[key] = true
	}
	for _, s := range m.Shares {
		if s.Term == "" || s.At != AtStart && s.At != AtEnd {
			return fmt.Errorf("a share of the term %q is at %q: must be %q or %q", s.Term, s.At, AtStart, AtEnd)
		}
	}
	if m.Step < 0 {
		return fmt.Errorf("measures at step %d: must be 0 or more", m.Step)
	}
	if y := m.Yardstick; y != nil && (y.ID == "" || y.Size < 0 || y.Width < 0 || y.Height < 0) {
		return fmt.Errorf("a yardstick %q of %d x %d pixels, size %d", y.ID, y.Width, y.Height, y.Size)
	}
	return nil
}

// WriteMeasures writes dir/measures.json as a whole. dir is the directory of a run or
// an attempt. It sets m.Format.
func WriteMeasures(dir string, m *Measures) error {
	data, err := m.Marshal()
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(dir, MeasuresFile), data)
}

// Marshal returns the bytes of measures.json. It sets m.Format.
func (m *Measures) Marshal() ([]byte, error) {
	m.Format = Format
	if err := m.Validate(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("%s: %w", MeasuresFile, err)
	}
	return b.Bytes(), nil
}

// ReadMeasures reads dir/measures.json. It returns fs.ErrNotExist for a missing file.
func ReadMeasures(dir string) (*Measures, error) {
	path := filepath.Join(dir, MeasuresFile)
	data, err := readPath(path, maxRunBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m, err := ParseMeasures(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// ParseMeasures reads the bytes of a measures.json. For another format it returns
// ErrIncompatible.
func ParseMeasures(data []byte) (*Measures, error) {
	m := new(Measures)
	if err := parse(data, MeasuresFile, m, &m.Format); err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("not a measures.json: %w", err)
	}
	m.Measures, m.Shares = slices.Clone(m.Measures), slices.Clone(m.Shares) // without the room to grow
	for i := range m.Measures {
		v := &m.Measures[i]
		share(&v.Name, &v.Layer, &v.Unit, &v.Group, &v.Better)
	}
	for i := range m.Shares {
		share(&m.Shares[i].At, &m.Shares[i].Term, &m.Shares[i].Layer)
	}
	return m, nil
}
