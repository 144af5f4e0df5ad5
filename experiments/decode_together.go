package experiments

import (
	"fmt"
	"path/filepath"

	"github.com/gonst/workbench/nst"
	"github.com/gonst/workbench/weights"
)

// Checks that concern several keys, after each was read by itself.

// together checks what concerns several keys at once.
func (d *decoder) together(c *Config) {
	s := &c.Schedule
	if s.Kind == "piecewise" {
		if len(s.Rates) != len(s.Boundaries)+1 {
			d.problems.add(d.nodeAt("schedule", "rates"), "schedule.rates",
				fmt.Sprintf("%d rates and %d boundaries", len(s.Rates), len(s.Boundaries)), "one rate more than boundaries")
		}
		for i := 1; i < len(s.Boundaries); i++ {
			if s.Boundaries[i] <= s.Boundaries[i-1] {
				d.problems.add(d.nodeAt("schedule", "boundaries"), "schedule.boundaries",
					fmt.Sprintf("%d after %d", s.Boundaries[i], s.Boundaries[i-1]), "steps that ascend")
				break
			}
		}
	} else if s.Rate == 0 && c.Optimizer.Kind == "sgd" && d.root.table().get("schedule").table().get("rate") == nil {
		d.problems.add(d.nodeAt("schedule"), "schedule.rate", "no rate for sgd",
			"a rate, such as 1: steps of sgd scale with the weights of the losses, so none fits all")
	}
	if o := &c.Optimizer; o.Nesterov && (o.Momentum == 0 || o.Dampening != 0) {
		d.problems.add(d.nodeAt("optimizer", "nesterov"), "optimizer.nesterov", "true with momentum "+
			formatFloat(o.Momentum)+" and dampening "+formatFloat(o.Dampening), "a momentum above 0 and no dampening")
	}
	if n := &c.Network; n.Name == "pyramid" && n.Kernel%2 == 0 && n.Kernel > 0 {
		d.problems.add(d.nodeAt("network", "kernel"), "network.kernel", fmt.Sprintf("the number %d", n.Kernel), "3, 5 or 7")
	}
	for _, l := range c.Losses {
		if l.Silent && c.Optimizer.LineSearch == string(nst.StrongWolfe) {
			d.problems.add(d.nodeAt("loss", l.Name, "gradient_only"), "loss."+writeKey(l.Name)+".gradient_only", "true with a line search",
				"line_search = \"fixed\": a search would compare values that do not belong to the gradient")
		}
	}
	if n := &c.Network; n.Weights != "" {
		if _, err := weights.Find(filepath.Base(n.Weights)); err == nil && n.Width != 1 {
			d.problems.add(d.nodeAt("network", "width"), "network.width", "the number "+formatFloat(n.Width)+" with "+filepath.Base(n.Weights),
				`1, as published networks have it, or weights = "`+randomWeights+`"`)
		} else if path, ok := findWeights(n.Weights); ok {
			n.Weights = path
		} else {
			found, want := weightsWanted(n.Weights)
			if carried, lost := d.problems.lost[n.Weights]; lost {
				found, want = n.Weights+": no such file", carried
			}
			d.problems.add(d.nodeAt("network", "weights"), "network.weights", found, want)
		}
	}
	d.checkShares(c)
	d.sources(c)
}

// sources checks that the images are there that losses and start ask for.
func (d *decoder) sources(c *Config) {
	st := &c.Start
	need := func(source string, has bool, loss func(kind string) bool) {
		if has || d.root.table().get("images").table().get(source) != nil {
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
			d.problems.add(d.nodeAt("images"), "images."+source, "no "+source+" image, but "+user+" needs one", source+` = "picture.png" in [images]`)
		}
	}
	need("content", c.Images.Content != "", func(kind string) bool { return kind == "content" })
	need("style", len(c.Images.Style) > 0, needsStyle)
	if st.From == "file" && st.Path == "" && d.root.table().get("start").table().get("path") == nil {
		d.problems.add(d.nodeAt("start"), "start.path", "no path", `path = "picture.png" in [start]`)
	}
}
