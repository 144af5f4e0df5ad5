package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// loadMasks loads the masks of a run, each once.
func loadMasks(c *config.Config) (map[config.MaskFile]*nst.Mask, error) {
	all := map[config.MaskFile]*nst.Mask{}
	for _, m := range c.Masks() {
		if all[m.MaskFile] != nil {
			continue
		}
		mask, err := LoadMask(m.MaskFile, c.Images.MaxPixels)
		if err != nil {
			return nil, prefix.Errorf("", "mask %s: %w", m.Path, err)
		}
		all[m.MaskFile] = mask
	}
	return all, nil
}

// LoadMask loads a mask at its own size. An error that is no error of the file says what is
// wrong with the mask; it does not name the file.
func LoadMask(f config.MaskFile, maxPixels int) (*nst.Mask, error) {
	picture, err := nst.LoadWith(f.Path, nst.LoadOptions{MaxPixels: maxPixels})
	if err != nil {
		return nil, err
	}
	mask := picture.Mask()
	if f.Label != "" {
		if mask, err = labelled(picture, f.Label); err != nil {
			return nil, err
		}
	}
	if f.Turn != 0 {
		turned := &nst.Image{Width: mask.Width, Height: mask.Height, Pix: slices.Concat(mask.Weights, mask.Weights, mask.Weights)}
		if turned, err = turned.Turn(f.Turn); err != nil {
			return nil, err
		}
		mask = turned.Mask()
	}
	mask.Rule = f.Rule
	if mask.Share() == 0 {
		return nil, &MaskError{"a mask that is black everywhere", "a picture that is white, or at least grey, where the mask counts"}
	}
	return mask, nil
}

// MaskError is what is wrong with a mask, and what is accepted.
type MaskError struct{ Found, Want string }

func (e *MaskError) Error() string { return e.Found + ": expected " + e.Want }

// labelled returns the mask of the pixels whose colour is a label, to 8 bits.
func labelled(m *nst.Image, label string) (*nst.Mask, error) {
	mask := nst.NewMask(m.Width, m.Height)
	plane := m.Width * m.Height
	counts := map[string]int{}
	for i := range plane {
		colour := fmt.Sprintf("#%02x%02x%02x", level(m.Pix[i]), level(m.Pix[plane+i]), level(m.Pix[2*plane+i]))
		counts[colour]++
		if colour == label {
			mask.Weights[i] = 1
		}
	}
	if counts[label] > 0 {
		return mask, nil
	}
	var colours []string
	for c := range counts {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	const most = 8
	want := fmt.Sprintf("one of its %d colours", len(colours))
	if len(colours) <= most {
		want = "one of " + strings.Join(colours, ", ")
	} else {
		want += ", of which the most frequent are " + strings.Join(colours[:most], ", ")
	}
	return nil, &MaskError{"the label " + label + ", which does not occur", want}
}

func level(v float32) int { return int(min(max(v, 0), 1)*255 + 0.5) }
