package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/measure"
	"github.com/gonst/workbench/nst"
)

// Ruler is the yardstick of a run together with the run's pictures.
type Ruler struct {
	*measure.Ruler // nil if the run has neither content nor style image
	About          result.Yardstick
	network        *nst.Network
	references     measure.References // at the yardstick's size
}

// NewRuler loads the pictures from their files at the yardstick's size, because the
// run's copies have the run's size. own is the run's network, or nil. Its filters are
// shared if the yardstick's are the same. sums may be nil.
func NewRuler(ctx context.Context, c *config.Config, own *nst.Network, threads int, memory nst.Memory, sums *digest.Cache) (*Ruler, error) {
	y := c.Yardstick
	if y.Network == "" { // the configuration was not made by a plan
		y = ChooseYardsticks([]*config.Config{c})[0]
	}
	stick, err := OpenYardstick(ctx, y, threads)
	if err != nil {
		return nil, err
	}
	stick.Memory = memory
	if own != nil && sharesNetwork(y, c.Network) {
		stick.Network = own
	}
	r := &Ruler{network: stick.Network}
	load := func(path string) (*nst.Image, error) {
		return nst.LoadWith(path, nst.LoadOptions{Size: y.Size, MaxPixels: c.Images.MaxPixels})
	}
	short := y.Size
	if c.Images.Content != "" {
		if r.references.Content, err = load(c.Images.Content); err != nil {
			return nil, prefix.Errorf("", "content image: %w", err)
		}
		short = min(short, r.references.Content.Width, r.references.Content.Height)
	}
	shortStyle := short
	for _, s := range c.Styles() {
		m, err := load(s.Path)
		if err != nil {
			return nil, prefix.Errorf("", "style image: %w", err)
		}
		r.references.Style = append(r.references.Style, nst.Target{Image: m, Weight: s.Weight})
		shortStyle = min(shortStyle, m.Width, m.Height)
	}
	// The usual layers are left out if a long and narrow picture is too small for them.
	if len(y.Content) == 0 {
		stick.Content = largeEnoughFor(stick.Network, stick.Content, short)
	}
	if len(y.Style) == 0 {
		stick.Style = largeEnoughFor(stick.Network, stick.Style, shortStyle)
	}
	if r.references.Content == nil && len(r.references.Style) == 0 {
		return r, nil
	}
	if r.Ruler, err = stick.Against(ctx, r.references); err != nil {
		return nil, err
	}
	r.About, err = describe(y, r.Ruler, stick, sums)
	return r, err
}

// sharesNetwork reports whether all options of the yardstick's network equal those of
// the run's network.
func sharesNetwork(y config.Yardstick, n config.Network) bool {
	if !sameFilters(y, n) || *n.Input.Build() != config.Preprocessings[y.Preprocess] {
		return false
	}
	same := config.Network{Name: y.Network, Weights: y.Weights, Pooling: nst.Max, PoolScale: 1, Padding: nst.Zero, Precision: nst.Float32, Width: 1}
	same.Input, same.Seed = n.Input, n.Seed // Input was compared above; Seed is for random filters, which are not used here
	return n == same
}

// sameFilters reports whether the run's network has the same filters as the yardstick,
// so that a layer of one is a layer of the other. A pyramid never does, because the
// yardstick has its own pyramid.
func sameFilters(y config.Yardstick, n config.Network) bool {
	return y.Weights != "" && y.Network == n.Name && y.Weights == n.Weights && y.Preprocess == n.Input.Name
}

// largeEnoughFor drops the layers that have no position on images with that shorter
// side.
func largeEnoughFor(net *nst.Network, layers []string, short int) []string {
	return slices.DeleteFunc(slices.Clone(layers), func(layer string) bool {
		return LayerOf(net, layer).Reduction > short
	})
}

// LayerOf returns the layer with that name or alias.
func LayerOf(net *nst.Network, name string) nst.LayerInfo {
	for _, l := range net.Layers() {
		if l.Name == name || slices.Contains(l.Aliases, name) {
			return l
		}
	}
	return nst.LayerInfo{Name: name}
}

// yardstickVersion changes when the same description gives other measurements.
const yardstickVersion = "gonst yardstick 2" // 2: references are rounded to 8 bits, and all images after resizing

func describe(y config.Yardstick, r *measure.Ruler, stick measure.Yardstick, sums *digest.Cache) (result.Yardstick, error) {
	about := result.Yardstick{
		Network: y.Network, About: stick.Network.About(), Size: y.Size,
		Content: r.ContentLayers(), Style: r.StyleLayers(),
	}
	if y.Weights == "" {
		about.About += "; the same for every run"
	} else {
		var err error
		if about.Weights, err = sums.Of(y.Weights); err != nil {
			return about, err
		}
		about.About += ", trained: " + filepath.Base(y.Weights)
	}
	about.Width, about.Height = r.Size()
	sum := sha256.Sum256([]byte(strings.Join([]string{
		yardstickVersion, nst.NumericalVersion, about.Network, about.Weights, y.Preprocess, fmt.Sprint(about.Size),
		strings.Join(about.Content, " "), strings.Join(about.Style, " "),
	}, "\n")))
	about.ID = hex.EncodeToString(sum[:8])
	return about, nil
}

// Columns returns the columns of yardstick.csv.
func (r *Ruler) Columns() []string {
	columns := []string{result.ColumnStep}
	for _, layer := range r.ContentLayers() {
		columns = append(columns, result.YardstickColumn(result.YardstickContent, layer))
	}
	for _, layer := range r.StyleLayers() {
		columns = append(columns, result.YardstickColumn(result.YardstickStyle, layer))
	}
	return columns
}

// Row returns the measurements of a picture for yardstick.csv.
func (r *Ruler) Row(ctx context.Context, step int, picture *nst.Image) ([]float64, error) {
	reading, err := r.Read(ctx, picture)
	if err != nil {
		return nil, err
	}
	row := append([]float64{float64(step)}, reading.Content...)
	return append(row, reading.Style...), nil
}

// YardstickName returns a name of a yardstick for files: its network, its size and the
// start of a hash of all that it depends on. sums may be nil.
func YardstickName(y config.Yardstick, sums *digest.Cache) (string, error) {
	weights := ""
	if y.Weights != "" {
		var err error
		if weights, err = sums.Of(y.Weights); err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{
		yardstickVersion, nst.NumericalVersion, y.Network, weights, y.Preprocess, fmt.Sprint(y.Size), strings.Join(y.Content, " "), strings.Join(y.Style, " "),
	}, "\n")))
	return fmt.Sprintf("%s-%d-%s", y.Network, y.Size, hex.EncodeToString(sum[:4])), nil
}
