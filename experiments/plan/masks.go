package plan

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// maskKey is a mask as it is loaded.
type maskKey struct {
	config.MaskFile
	maxPixels int
}

// loadedMask is a mask, or what is wrong with it.
type loadedMask struct {
	*nst.Mask
	err error
}

// aspectTolerance is the part by which the proportions of a mask may differ from those of
// the picture that it is laid on, besides a pixel.
const aspectTolerance = 0.01

// masks checks the masks of a configuration: their proportions, their labels, and whether
// they count anywhere at the layers.
func (k *checker) masks(c *config.Config, net *nst.Network, root *tree.Node) {
	for _, u := range c.Masks() {
		report := func(found, want string) {
			k.problems.Add(root.Where(u.Table, u.Name, u.Key), u.Table+"."+tree.WriteKey(u.Name)+"."+u.Key, u.Path+": "+found, want)
		}
		mask := k.mask(u.MaskFile, c.Images.MaxPixels)
		if mask.err != nil {
			var wrong *engine.MaskError
			if errors.As(mask.err, &wrong) {
				report(wrong.Found, wrong.Want)
			} else {
				report(pictureError(u.Path, mask.err))
			}
			continue
		}
		on := u.On
		if on == nil {
			on = []string{c.Images.Content}
		}
		for _, path := range on {
			if !k.fits(c, mask, path, report) {
				break
			}
			if u.Rule == nst.Inside && !k.inside(c, u, mask, path, net, report) {
				break
			}
		}
	}
}

func (k *checker) mask(f config.MaskFile, maxPixels int) loadedMask {
	f.Turn = 0 // it is laid on the picture before that is turned
	key := maskKey{f, maxPixels}
	m, ok := k.loaded[key]
	if !ok {
		if k.loaded == nil {
			k.loaded = map[maskKey]loadedMask{}
		}
		m.Mask, m.err = engine.LoadMask(f, maxPixels)
		k.loaded[key] = m
	}
	return m
}

// fits checks the proportions of a mask against those of a picture; of the result if path
// is empty.
func (k *checker) fits(c *config.Config, m loadedMask, path string, report func(found, want string)) bool {
	width, height := engine.Canvas(config.Images{Size: probe, Aspect: c.Images.Aspect}) // without a content picture
	name := "the result"
	if path != "" {
		p := k.pictures[pictureKey{path, c.Images.MaxPixels}]
		width, height, name = p.width, p.height, filepath.Base(path)
	}
	// The stored size of a picture is rounded to a pixel, and so may that of the mask be.
	tolerance := aspectTolerance + 1/float64(min(m.Width, m.Height)) + 1/float64(min(width, height))
	if ratio := float64(m.Width) * float64(height) / (float64(m.Height) * float64(width)); math.Abs(ratio-1) <= tolerance {
		return true
	}
	report(fmt.Sprintf("a mask of %d x %d pixels for %s, whose proportions are %d x %d", m.Width, m.Height, name, width, height),
		"a mask of these proportions, in any size")
	return false
}

// inside checks that positions of every layer lie inside the mask, at the smallest size.
func (k *checker) inside(c *config.Config, u config.MaskUse, m loadedMask, path string, net *nst.Network, report func(found, want string)) bool {
	first := c.AtStage(0)
	size := first.Images.Size
	if u.On != nil {
		size = engine.StyleSize(first.Images)
	}
	width, height := k.scaled(first, path, size, 0)
	for _, layer := range u.Layers {
		if _, err := net.Guide(m.Mask, layer, width, height); errors.Is(err, nst.ErrMaskEmpty) {
			report(prefix.Text(err), `rule = "simple", a larger mask or picture, or shallower layers`)
			return false
		}
	}
	return true
}
