package config

import (
	"fmt"
	"path/filepath"

	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
	"github.com/gonst/workbench/weights"
)

// Checks that concern several keys, after each was read by itself.

// together checks what concerns several keys at once.
func (d *decoder) together(c *Config) {
	s := &c.Schedule
	if s.Kind == "piecewise" {
		if len(s.Rates) != len(s.Boundaries)+1 {
			d.problems.Add(d.root.Where("schedule", "rates"), "schedule.rates",
				fmt.Sprintf("%d rates and %d boundaries", len(s.Rates), len(s.Boundaries)), "one rate more than boundaries")
		}
		for i := 1; i < len(s.Boundaries); i++ {
			if s.Boundaries[i] <= s.Boundaries[i-1] {
				d.problems.Add(d.root.Where("schedule", "boundaries"), "schedule.boundaries",
					fmt.Sprintf("%d after %d", s.Boundaries[i], s.Boundaries[i-1]), "steps that ascend")
				break
			}
		}
	} else if s.Rate == 0 && c.Optimizer.Kind == "sgd" && d.root.Table().Get("schedule").Table().Get("rate") == nil {
		d.problems.Add(d.root.Where("schedule"), "schedule.rate", "no rate for sgd",
			"a rate, such as 1: steps of sgd scale with the weights of the losses, so none fits all")
	}
	if o := &c.Optimizer; o.Nesterov && (o.Momentum == 0 || o.Dampening != 0) {
		d.problems.Add(d.root.Where("optimizer", "nesterov"), "optimizer.nesterov", "true with momentum "+
			tree.FormatFloat(o.Momentum)+" and dampening "+tree.FormatFloat(o.Dampening), "a momentum above 0 and no dampening")
	}
	if n := &c.Network; n.Name == "pyramid" && n.Kernel%2 == 0 && n.Kernel > 0 {
		d.problems.Add(d.root.Where("network", "kernel"), "network.kernel", fmt.Sprintf("the number %d", n.Kernel), "3, 5 or 7")
	}
	for _, l := range c.Losses {
		if l.Silent && c.Optimizer.LineSearch == string(nst.StrongWolfe) {
			d.problems.Add(d.root.Where("loss", l.Name, "gradient_only"), "loss."+tree.WriteKey(l.Name)+".gradient_only", "true with a line search",
				"line_search = \"fixed\": a search would compare values that do not belong to the gradient")
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
	d.sources(c)
}

// sources checks that the images are there that losses and start ask for.
func (d *decoder) sources(c *Config) {
	st := &c.Start
	need := func(source string, has bool, loss func(kind string) bool) {
		if has || d.root.Table().Get("images").Table().Get(source) != nil {
			return // there, or wrong and reported
		}
		user := ""
		if st.From == source || st.From == "blend" && (st.A == source || st.B == source) {
			user = "the start"
		}
		for _, l := range c.Losses {
			if loss(l.Kind) {
				user = "the loss " + l.Name
				break
			}
		}
		if user != "" {
			d.problems.Add(d.root.Where("images"), "images."+source, "no "+source+" image, but "+user+" needs one", source+` = "picture.png" in [images]`)
		}
	}
	need("content", c.Images.Content != "", func(kind string) bool { return kind == "content" })
	need("style", len(c.Images.Style) > 0, NeedsStyle)
	if st.From == "file" && st.Path == "" && d.root.Table().Get("start").Table().Get("path") == nil {
		d.problems.Add(d.root.Where("start"), "start.path", "no path", `path = "picture.png" in [start]`)
	}
}
