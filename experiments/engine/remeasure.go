package engine

import (
	"context"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/measure"
	"github.com/gonst/workbench/nst"
)

// Remeasure measures a finished picture of a run with the ruler. It keeps the run's own
// measures that do not depend on a yardstick; own is nil if the run has none. The
// numbers equal those that the run would have written with this yardstick.
func Remeasure(ctx context.Context, c *config.Config, r *Ruler, picture *nst.Image, steps int, own *result.Measures) (*result.Measures, error) {
	m := &result.Measures{Step: steps}
	if r.Ruler != nil {
		m.Yardstick = &r.About
		list, err := byYardstick(ctx, c, r, picture)
		if err != nil {
			return nil, err
		}
		m.Measures = recorded(list)
	}
	if own == nil {
		p, err := LoadPictures(c)
		if err != nil {
			return nil, err
		}
		pixels, err := measure.Pixels(ctx, picture, measure.References{Content: p.Scene, Style: p.Paintings})
		if err != nil {
			return nil, err
		}
		m.Measures = sorted(append(m.Measures, recorded(pixels)...))
		return m, nil
	}
	m.Shares = own.Shares
	for _, v := range own.Measures {
		if !v.ByYardstick() {
			m.Measures = append(m.Measures, v)
		}
	}
	m.Measures = sorted(m.Measures)
	return m, nil
}
