package config

import "github.com/gonst/workbench/nst"

// Pictures are the loaded images of a run.
type Pictures struct {
	Content       *nst.Image
	Style         []nst.Target
	Mask          *nst.Mask    // of the result, for the loss that is built
	Scene         *nst.Image   // the content image in its own colours
	Paintings     []nst.Target // the style images in their own colours
	Width, Height int          // of the result
	Regions       []Region
	Own           map[string]*nst.Image // style images of losses and regions, by path
	Masks         map[MaskFile]*nst.Mask
}

// Build makes the loss for these images: where it counts, and with which styles.
func (l Loss) Build(p *Pictures) nst.Loss {
	own := *p
	if len(l.Style) > 0 {
		own.Style = p.targets(l.Style, MaskFile{})
	}
	if guided := l.buildGuided(p); guided != nil {
		return guided
	}
	var regions nst.Regions
	for _, r := range p.Regions {
		if layers := r.layersOf(l); r.AppliesTo(l) && (len(layers) > 0 || !readsLayers(l.Options)) {
			here := own
			here.Mask = p.Masks[r.Mask]
			here.Style = r.targets(p)
			regions = append(regions, nst.Region{Loss: l.build(&here, layers), Weight: r.Weight * here.Mask.Share()})
		}
	}
	if len(regions) > 0 {
		return regions
	}
	own.Mask = p.Masks[l.Mask]
	return nst.InPlace(l.build(&own, l.Layers), own.Mask)
}

func (l Loss) build(p *Pictures, layers []LayerWeight) nst.Loss {
	var weights nst.LayerWeights
	for _, lw := range layers {
		weights = append(weights, nst.LayerWeight(lw))
	}
	return l.Options.Build(p, weights)
}

// targets returns the style images of a region.
func (r Region) targets(p *Pictures) []nst.Target {
	if len(r.Style) > 0 {
		return p.targets(r.Style, r.StyleMask)
	}
	return masked(p.Style, p.Masks[r.StyleMask])
}

// targets returns loaded style images with their weights.
func (p *Pictures) targets(images []WeightedImage, mask MaskFile) []nst.Target {
	var all []nst.Target
	for _, s := range images {
		all = append(all, nst.Target{Image: p.Own[s.Path], Mask: p.Masks[mask], Weight: s.Weight})
	}
	return all
}

// masked returns targets with a mask.
func masked(targets []nst.Target, m *nst.Mask) []nst.Target {
	var all []nst.Target
	for _, t := range targets {
		t.Mask = m
		all = append(all, t)
	}
	return all
}
