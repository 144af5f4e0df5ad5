package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
	"github.com/gonst/workbench/weights"
)

// Checks that involve several keys. They run after each key has been read.

// together checks the keys that depend on each other.
func (d *decoder) together(c *Config) {
	if s := &c.Schedule; s.Rate == 0 && !s.Options.rates() && d.root.Table().Get("schedule").Table().Get("rate") == nil {
		d.problems.Add(d.root.Where("schedule"), "schedule.rate", "no rate for "+c.Optimizer.Kind,
			"a rate, such as 1: steps of "+c.Optimizer.Kind+" scale with the weights of the losses, so none fits all")
	}
	d.check(c.Schedule.Options, "schedule", "schedule")
	d.check(c.Optimizer.Options, "optimizer", "optimizer")
	for _, l := range c.Losses {
		d.check(l.Options, "loss."+tree.WriteKey(l.Name), "loss", l.Name)
	}
	if n := &c.Network; n.Name == "pyramid" && n.Kernel%2 == 0 && n.Kernel > 0 {
		d.problems.Add(d.root.Where("network", "kernel"), "network.kernel", fmt.Sprintf("the number %d", n.Kernel), "3, 5 or 7")
	}
	for _, l := range c.Losses {
		if l.Silent && c.Optimizer.Options.Searches() {
			d.problems.Add(d.root.Where("loss", l.Name, "gradient_only"), "loss."+tree.WriteKey(l.Name)+".gradient_only", "true with a line search",
				"line_search = \"fixed\": a search would compare values that do not belong to the gradient")
		}
		if l.Scaled != nst.Unscaled && c.Optimizer.Options.Searches() {
			d.problems.Add(d.root.Where("loss", l.Name, "normalize_gradient"), "loss."+tree.WriteKey(l.Name)+".normalize_gradient", strconv.Quote(string(l.Scaled))+" with a line search",
				"line_search = \"fixed\", or another optimizer: a search would compare values that do not belong to the gradient")
		}
	}
	if n := &c.Network; n.Weights != "" {
		if _, err := weights.Find(filepath.Base(n.Weights)); err == nil && n.Width != 1 {
			d.problems.Add(d.root.Where("network", "width"), "network.width", "the number "+tree.FormatFloat(n.Width)+" with "+filepath.Base(n.Weights),
				`1, as published networks have it, or weights = "`+randomWeights+`"`)
		} else if path, ok := FindWeights(n.Weights); ok {
			n.Weights = path
		} else {
			found, want := WeightsWanted(n.Weights)
			if carried, lost := d.problems.Lost[n.Weights]; lost {
				found, want = n.Weights+": no such file", carried
			}
			d.problems.Add(d.root.Where("network", "weights"), "network.weights", found, want)
		}
	}
	d.checkShares(c)
	d.checkStages(c)
	d.checkRegions(c)
	d.sources(c)
}

// check checks options that have their own rules. path is that of their table as text.
func (d *decoder) check(o options, path string, table ...string) {
	if o, ok := o.(interface {
		check(report func(key, found, want string))
	}); ok {
		o.check(func(key, found, want string) {
			d.problems.Add(d.root.Where(append(slices.Clone(table), key)...), path+"."+key, found, want)
		})
	}
}

// sources checks that the images that the losses and the start use are set.
func (d *decoder) sources(c *Config) {
	st := &c.Start
	needs := map[string]string{} // by image, besides the start and the losses
	need := func(source string, has bool) {
		if has || d.root.Table().Get("images").Table().Get(source) != nil {
			return // set, or wrong and already reported
		}
		user := needs[source]
		if st.From == source || st.From == "blend" && (st.A == source || st.B == source) {
			user = "the start"
		}
		for _, l := range c.Losses {
			if l.Options.Compares() == source && (source != "style" || !l.ownStyle(c)) {
				user = "the loss " + l.Name
				break
			}
		}
		if user != "" {
			d.problems.Add(d.root.Where("images"), "images."+source, "no "+source+" image, but "+user+" needs one", source+` = "picture.png" in [images]`)
		}
	}
	if !c.Colour.Build().None() {
		needs["content"] = "colour.keep"
	}
	need("content", c.Images.Content != "")
	need("style", len(c.Images.Style) > 0)
	if st.From == "file" && st.Path == "" && d.root.Table().Get("start").Table().Get("path") == nil {
		d.problems.Add(d.root.Where("start"), "start.path", "no path", `path = "picture.png" in [start]`)
	}
}
