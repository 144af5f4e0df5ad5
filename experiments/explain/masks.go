package explain

import (
	"cmp"
	"path/filepath"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/nst"
)

// MaskExplained describes a mask: where it is used and what of each layer it reaches.
type MaskExplained struct {
	Key    string // region.sky.mask
	File   string
	Label  string // the colour that counts; empty: brightness
	On     string // the name of the picture that it is laid on; empty: the result
	Rule   nst.Propagation
	Share  float64 // mean of the weights, of which 1 is white
	Layers []MaskAtLayer
}

// MaskAtLayer describes a mask at a layer.
type MaskAtLayer struct {
	Layer         string
	Width, Height int     // positions
	Counting      float64 // share of positions with a weight above 0
	Bytes         int64   // of the weights and their square roots
}

// masks describes the masks of a configuration at the size of its first stage.
func (e *Explanation) masks(net *nst.Network, c *config.Config) error {
	uses := c.Masks()
	if len(uses) == 0 {
		return nil
	}
	first := c.AtStage(0)
	pictures, err := engine.LoadPictures(first)
	if err != nil {
		return err
	}
	for _, u := range uses {
		on := u.On
		if len(on) == 0 {
			on = []string{""}
		}
		for _, path := range on {
			mask := pictures.Masks[u.MaskFile]
			m := MaskExplained{Key: u.Table + "." + u.Name + "." + u.Key, File: u.Path, Label: u.Label, Rule: cmp.Or(u.Rule, nst.Simple), Share: mask.Share()}
			width, height := e.Width, e.Height
			if path != "" {
				m.On, width, height = filepath.Base(path), pictures.Own[path].Width, pictures.Own[path].Height
			}
			seen := map[string]bool{}
			for _, layer := range u.Layers {
				if seen[layer] {
					continue
				}
				seen[layer] = true
				at, err := net.Guide(mask, layer, width, height)
				if err != nil {
					return err
				}
				counting := 0
				for _, v := range at.Weights {
					if v > 0 {
						counting++
					}
				}
				m.Layers = append(m.Layers, MaskAtLayer{layer, at.Width, at.Height, float64(counting) / float64(len(at.Weights)), 8 * int64(len(at.Weights))})
			}
			e.Masks = append(e.Masks, m)
		}
	}
	return nil
}
