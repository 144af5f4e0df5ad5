package experiments

import (
	"context"
	"fmt"
	"math"
	"strconv"
)

// Settle chooses the weights of the losses that ask for a share: so that the
// share is their part of the sum of all terms' gradient norms at the start. Where
// some term has no gradient there, as content where the image starts from it,
// norms are those a fifth of the way to noise. The terms that give a weight keep it;
// where none does, the first term has the weight 1.
//
// Weights are rounded to four digits. Build does this by itself; a Config that is
// settled already stays as it is.
func (c *Config) Settle(ctx context.Context, threads int) error {
	return c.settleWith(ctx, threads, nil)
}

func (c *Config) settleWith(ctx context.Context, threads int, shared *networks) error {
	if !c.unsettled() {
		return nil
	}
	s, err := c.newScales(threads, shared)
	if err != nil {
		return err
	}
	norms := make([]float64, len(c.Losses))
	measure := func(further bool) (still bool, err error) {
		at := s.transfer.Start
		if further {
			at = s.further()
		}
		sum := 0.0
		for i, l := range c.Losses {
			if l.Share > 0 {
				l.Weight = 1
			}
			term, err := s.term(l)
			if err != nil {
				return false, err
			}
			_, gradient, err := s.weigh(ctx, at, term)
			if err != nil {
				return false, err
			}
			norms[i] = norm(gradient)
			sum += norms[i]
		}
		for i, l := range c.Losses {
			still = still || (l.Share > 0 || l.Weight > 0) && norms[i] <= vanishing*sum
		}
		return still, nil
	}
	still, err := measure(false)
	if still && err == nil {
		_, err = measure(true)
	}
	if err != nil {
		return err
	}
	return c.settle(norms)
}

// settle turns norms into weights.
func (c *Config) settle(norms []float64) error {
	fixed, shares := 0.0, 0.0
	for i, l := range c.Losses {
		shares += l.Share
		if l.Share == 0 {
			fixed += norms[i]
		}
	}
	rest := 1 - shares
	if c.allShared() { // the first one's weight, 1, sets the scale
		fixed, rest = norms[0], c.Losses[0].Share
	}
	for i := range c.Losses {
		l := &c.Losses[i]
		if l.Share == 0 {
			continue
		}
		w := l.Share / rest * fixed / norms[i]
		if !(w > 0) || math.IsInf(w, 0) {
			return fmt.Errorf("experiments: loss %s: no weight gives it a share of %v: its gradient has the norm %.3g, that of the terms with weights %.3g",
				l.Name, l.Share, norms[i], fixed)
		}
		l.Weight, _ = strconv.ParseFloat(strconv.FormatFloat(w, 'g', 4, 64), 64)
	}
	return nil
}

// unsettled tells whether a weight is still to be chosen.
func (c *Config) unsettled() bool {
	for _, l := range c.Losses {
		if l.Share > 0 && l.Weight == 0 {
			return true
		}
	}
	return false
}

func (c *Config) allShared() bool {
	for _, l := range c.Losses {
		if l.Share == 0 {
			return false
		}
	}
	return true
}

// checkShares: shares leave something to the others.
func (d *decoder) checkShares(c *Config) {
	sum, last := 0.0, ""
	for _, l := range c.Losses {
		t := d.root.table().get("loss").table().get(l.Name).table()
		if l.Share > 0 && t.get("weight") != nil {
			d.problems.add(t.get("weight").key, "loss."+writeKey(l.Name)+".weight", "a weight and a share", "one of them")
		}
		if l.Share > 0 {
			sum, last = sum+l.Share, l.Name
		}
	}
	if last == "" {
		return
	}
	key, found := "loss."+writeKey(last)+".share", "shares that sum to "+formatFloat(math.Round(sum*1e6)/1e6)
	switch all := c.allShared(); {
	case all && math.Abs(sum-1) > 1e-9:
		d.problems.add(d.nodeAt("loss", last, "share"), key, found, "1 in all, for every loss has a share")
	case !all && sum >= 1:
		d.problems.add(d.nodeAt("loss", last, "share"), key, found, "less than 1 in all: the rest goes to the losses with weights")
	}
}

// excludes tells the two keys of a loss of which one takes the other's place.
func excludes(a, b []string) bool {
	if len(a) != 3 || len(b) != 3 || a[0] != "loss" || a[1] != b[1] {
		return false
	}
	return a[2] == "weight" && b[2] == "share" || a[2] == "share" && b[2] == "weight"
}
