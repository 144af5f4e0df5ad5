package cmd

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/explain"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/spf13/cobra"
)

func newExplain() *cobra.Command {
	var settings []string
	var run string
	var threads int
	cmd := &cobra.Command{
		Use:   "explain CONFIG",
		Short: "Explain the weights of a configuration",
		Long: `Shows the weight of every term and layer of a configuration in the units of Gatys et
al. 2015, which make all systems comparable, and its share of the loss and
of the gradient at the start of the run. Below, it shows the presets in the same units.

The units are the coefficients of 1/2 sum (F - P)^2 for content, and of
E = sum (G - A)^2 / (4 N^2 M^2) for style. Correlations, covariances and variation
are not multiples of these and have no coefficient. F and G are the features of the
network: coefficients of different networks or preprocessings do not compare.

With masks it shows which positions of each layer they reach, and with [colour] what is done with colours.

If there are several runs, it explains the first, or the one that --run names. To
explain a preset:

  nst explain preset:keras --set images.content=photo.jpg --set images.style=painting.jpg`,
		Example: `  nst explain configs/quickstart.toml
  nst explain configs/quickstart.toml --set loss.content.share=0.3    the weight for this share`,
		Args:              exactArgs(1, "a configuration"),
		ValidArgsFunction: completeTOML,
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, err := plan.Read(args[0], settings...)
			if err != nil {
				return err
			}
			warn(cmd, plan.Warnings())
			r, others, err := chosenRun(plan, run)
			if err != nil {
				return usage(err)
			}
			e, err := explain.Run(cmd.Context(), r, threads)
			if cmd.Context().Err() != nil {
				return &statusError{code: exitInterrupted}
			}
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			network := e.Network
			if e.Random {
				network += " with random filters"
			}
			fmt.Fprintf(out, "%s: %s, %d x %d pixels, starts from %s%s\n\n", e.Run, network, e.Width, e.Height, startWords[e.Start], others)
			if c := r.Config; c.Staged() {
				var list []string
				for _, s := range c.StageList() {
					list = append(list, fmt.Sprintf("%d px %d", s.Size, s.Steps))
				}
				fmt.Fprintf(out, "Measured at the first of %s, with these steps: %s.\n\n", count(len(list), "stage"), strings.Join(list, ", "))
			}
			if k := r.Config.Colour; !k.Build().None() {
				fmt.Fprintf(out, "Colours: %s\n\n", colourWords(k))
			}
			if err := showTerms(out, e); err != nil {
				return err
			}
			if err := showMasks(out, e); err != nil {
				return err
			}
			return showUnits(out, e)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&settings, "set", nil, "override `KEY=VALUE` of the configuration; may be repeated")
	f.StringVar(&run, "run", "", "explain the run whose name begins with `NAME` (default: the first)")
	f.IntVar(&threads, "threads", 0, "threads (default: all cores)")
	return cmd
}

var startWords = map[string]string{"content": "the content", "style": "the style", "noise": "noise", "file": "a file", "blend": "a blend"}

// chosenRun returns the first run whose name begins with name.
func chosenRun(plan *plan.Plan, name string) (r plan.Run, others string, err error) {
	for _, r := range plan.Examples() {
		if strings.HasPrefix(r.Name, name) {
			if n := len(plan.Examples()); n > 1 {
				others = fmt.Sprintf(" (one of %d runs; --run chooses another)", n)
			}
			return r, others, nil
		}
	}
	return r, "", fmt.Errorf("no run's name begins with %s; the first is %s, and `nst plan %s` lists all", name, plan.Examples()[0].Name, plan.File)
}

// showTerms prints a line for each term and for each of its layers.
func showTerms(out io.Writer, e *explain.Explanation) error {
	rows := [][]string{{"TERM", "LAYER", "WEIGHT", "GATYS' UNITS", "LOSS", "OF LOSS", "OF GRADIENT"}}
	if e.Moved {
		rows[0] = append(rows[0], "A LITTLE ON")
	}
	add := func(name, layer, weight string, coefficient float64, x explain.Effect) {
		row := []string{name, layer, weight, figure(coefficient), figure(x.Value), percent(x.LossShare), percent(x.GradientShare)}
		if e.Moved {
			row = append(row, percent(x.MovedShare))
		}
		rows = append(rows, row)
	}
	for _, term := range e.Terms {
		weight := figure(term.Weight)
		if term.Share > 0 {
			weight = fmt.Sprintf("share %v: %s", term.Share, weight)
		}
		if term.GradientOnly {
			term.Name += " (gradient only)"
		}
		if len(term.Parts) == 1 {
			add(term.Name, term.Parts[0].Layer, weight, term.Parts[0].Coefficient, term.Effect)
			continue
		}
		add(term.Name, "", weight, math.NaN(), term.Effect)
		for _, p := range term.Parts {
			add("", p.Layer, "x "+figure(p.Weight), p.Coefficient, p.Effect)
		}
	}
	if err := columns(out, rows, 2); err != nil {
		return err
	}
	if e.Moved {
		fmt.Fprintln(out, "\nThe start is already the minimum of some term, which therefore has no gradient\nthere. The last column shows the gradients a fifth of the way to noise.")
	}
	return nil
}

// colourWords says what [colour] does.
func colourWords(k config.Colour) string {
	if k.When == "after" {
		return fmt.Sprintf("the result gets the content's %s, in %s. The terms see the pictures in their own colours.", k.Keep, k.Space)
	}
	return fmt.Sprintf("%s of the content, in %s, kept before the run. The terms see the changed pictures.", k.Keep, k.Space)
}

// showMasks prints a line for each mask and layer.
func showMasks(out io.Writer, e *explain.Explanation) error {
	if len(e.Masks) == 0 {
		return nil
	}
	rows := [][]string{{"MASK", "LAYER", "POSITIONS", "COUNTING", "MEMORY"}}
	for _, m := range e.Masks {
		name := m.Key
		if m.On != "" {
			name += " on " + m.On
		}
		what := filepath.Base(m.File)
		if m.Label != "" {
			what += " " + m.Label
		}
		rows = append(rows, []string{name, what, "rule " + string(m.Rule), percent(m.Share), ""})
		for _, l := range m.Layers {
			rows = append(rows, []string{"", l.Layer, fmt.Sprintf("%d x %d", l.Width, l.Height), percent(l.Counting), fmt.Sprintf("%d kB", (l.Bytes+1023)/1024)})
		}
	}
	fmt.Fprint(out, "\nMasks: the mean of each, and which positions of a layer count. A position counts by the mask's weight there.\n\n")
	return columns(out, rows, 2)
}

// showUnits compares the run with the presets.
func showUnits(out io.Writer, e *explain.Explanation) error {
	fmt.Fprintf(out, "\nThis run and the presets in the same units, at %d x %d pixels. STYLE is the\nsum of its layers, RATIO is style to content, LAYERS are their proportions:\n\n", e.Width, e.Height)
	others := false
	rows := [][]string{{"", "NETWORK", "CONTENT", "STYLE", "RATIO", "LAYERS"}}
	for _, y := range append([]explain.Units{e.Units}, explain.PresetUnits(e.Width, e.Height)...) {
		name := y.Name
		if name == "" {
			name = "this run"
		}
		others = others || y.Network != e.Units.Network
		sum := 0.0
		for _, v := range y.Style {
			sum += v
		}
		if len(y.Style) == 0 {
			sum = math.NaN()
		}
		rows = append(rows, []string{name, y.Network, figure(y.Content), figure(sum), figure(sum / y.Content), proportions(y.Style)})
	}
	if err := columns(out, rows, 2); err != nil {
		return err
	}
	if others {
		fmt.Fprintf(out, "\nThis run's network is %s. Numbers of another network do not compare with\nthis run's: its features have other sizes, so equal weights have another effect.\n", e.Units.Network)
	}
	return nil
}

// columns prints a table. The first columns are aligned left, the others right.
func columns(out io.Writer, rows [][]string, left int) error {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := widths[i]
			if i < left {
				pad = -pad
			}
			fmt.Fprintf(&line, "%*s  ", pad, cell)
		}
		if _, err := fmt.Fprintln(out, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// proportions writes numbers as 64:16:4:1:1.
func proportions(v []float64) string {
	least := math.Inf(1)
	for _, x := range v {
		if x > 0 {
			least = min(least, x)
		}
	}
	var parts []string
	for _, x := range v {
		parts = append(parts, figure(x/least))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ":")
}

// figure formats a number with three digits, or as - if it is not finite.
func figure(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "-"
	}
	if a := math.Abs(v); a >= 1000 && a < 1e5 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func percent(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 0.001:
		return "<0.1 %"
	}
	return fmt.Sprintf("%.1f %%", 100*v)
}
