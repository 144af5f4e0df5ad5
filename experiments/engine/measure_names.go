package engine

import (
	"context"
	"slices"
	"sync"

	"github.com/gonst/workbench/measure"
	"github.com/gonst/workbench/nst"
)

// MeasureNames lists the names of the measures that a run can have, without layers.
var MeasureNames = sync.OnceValue(func() []string {
	names := []string{measure.ContentDistance, measure.ContentCosine, measure.StyleDistance, measure.GramCosine}
	for _, own := range []string{measure.ContentCosine, measure.GramCosine} {
		names = append(names, "own_"+own, "heldout_"+own)
	}
	grey := nst.NewImage(32, 32)
	pixels, err := measure.Pixels(context.Background(), grey, measure.References{Content: grey, Style: measure.Style(grey)})
	if err != nil {
		return names
	}
	for _, v := range pixels {
		if !slices.Contains(names, v.Name) {
			names = append(names, v.Name)
		}
	}
	return names
})
