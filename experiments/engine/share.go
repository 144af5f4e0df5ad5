package engine

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/gonst/workbench/experiments/config"
)

// Settle chooses the weights of the losses that set a share. The share is their part of
// the sum of all terms' gradient norms at the start. If some term has no gradient
// there, such as content if the image starts from it, the norms are those at a fifth of
// the way to noise. Terms that set a weight keep it. If none does, the first term has
// the weight 1.
//
// Weights are rounded to four digits. Build calls Settle itself. Settle does not change
// the Config: it returns a copy with the weights, or the Config itself if all weights
// are set.
func Settle(ctx context.Context, c *config.Config, threads int, shared *Networks) (*config.Config, error) {
	if !unsettled(c) {
		return c, nil
	}
	s, err := NewScales(ctx, c, threads, shared)
	if err != nil {
		return nil, err
	}
	norms := make([]float64, len(c.Losses))
	measure := func(further bool) (still bool, err error) {
		at := s.Transfer.Start
		if further {
			at = s.Further()
		}
		sum := 0.0
		for i, l := range c.Losses {
			if l.Share > 0 {
				l.Weight = 1
			}
			_, gradient, err := s.Weigh(ctx, at, s.Term(l))
			if err != nil {
				return false, err
			}
			norms[i] = norm(gradient)
			sum += norms[i]
		}
		for i, l := range c.Losses {
			still = still || (l.Share > 0 || l.Weight > 0) && norms[i] <= Vanishing*sum
		}
		return still, nil
	}
	still, err := measure(false)
	if still && err == nil {
		_, err = measure(true)
	}
	if err != nil {
		return nil, err
	}
	c = c.Clone()
	return c, settle(c, norms)
}

// settle computes weights from norms.
func settle(c *config.Config, norms []float64) error {
	fixed, shares := 0.0, 0.0
	for i, l := range c.Losses {
		shares += l.Share
		if l.Share == 0 {
			fixed += norms[i]
		}
	}
	rest := 1 - shares
	if c.AllShared() { // the weight of the first term, 1, sets the scale
		fixed, rest = norms[0], c.Losses[0].Share
	}
	for i := range c.Losses {
		l := &c.Losses[i]
		if l.Share == 0 {
			continue
		}
		w := l.Share / rest * fixed / norms[i]
		if !(w > 0) || math.IsInf(w, 0) {
			return fmt.Errorf("loss %s: no weight gives it a share of %v: its gradient has the norm %.3g, that of the terms with weights %.3g",
				l.Name, l.Share, norms[i], fixed)
		}
		l.Weight, _ = strconv.ParseFloat(strconv.FormatFloat(w, 'g', 4, 64), 64)
	}
	return nil
}

// unsettled reports whether a weight is not chosen yet.
func unsettled(c *config.Config) bool {
	for _, l := range c.Losses {
		if l.Share > 0 && l.Weight == 0 {
			return true
		}
	}
	return false
}
