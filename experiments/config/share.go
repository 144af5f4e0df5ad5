package config

import (
	"math"

	"github.com/gonst/workbench/experiments/tree"
)

// AllShared reports whether every loss sets a share.
func (c *Config) AllShared() bool {
	for _, l := range c.Losses {
		if l.Share == 0 {
			return false
		}
	}
	return true
}

// checkShares checks that the shares leave a part to the other losses.
func (d *decoder) checkShares(c *Config) {
	sum, last := 0.0, ""
	for _, l := range c.Losses {
		t := d.root.Table().Get("loss").Table().Get(l.Name).Table()
		if l.Share > 0 && t.Get("weight") != nil {
			d.problems.Add(t.Get("weight").Key, "loss."+tree.WriteKey(l.Name)+".weight", "a weight and a share", "one of them")
		}
		if l.Share > 0 {
			sum, last = sum+l.Share, l.Name
		}
	}
	if last == "" {
		return
	}
	key, found := "loss."+tree.WriteKey(last)+".share", "shares that sum to "+tree.FormatFloat(math.Round(sum*1e6)/1e6)
	switch all := c.AllShared(); {
	case all && math.Abs(sum-1) > 1e-9:
		d.problems.Add(d.root.Where("loss", last, "share"), key, found, "1 in all, for every loss has a share")
	case !all && sum >= 1:
		d.problems.Add(d.root.Where("loss", last, "share"), key, found, "less than 1 in all: the rest goes to the losses with weights")
	}
}
