package cmd

import (
	"fmt"
	"text/tabwriter"

	"github.com/gonst/workbench/experiments/plan"
	"github.com/spf13/cobra"
)

func newPresets() *cobra.Command {
	return &cobra.Command{
		Use:   "presets [NAME]",
		Short: "List the presets that a configuration can start from",
		Long: `Lists the presets: configurations that reproduce published systems, each with its
own sizes, losses, weights and optimiser, and the workbench's own. With a name, it
prints that preset's file, which explains every quirk.

A configuration inherits from a preset and overrides any of its keys:

  base = "preset:keras"
  [images]
  content = "photo.jpg"
  style   = "painting.jpg"
  [run]
  steps = 1000

Each preset names its weights. nst weights fetch downloads them, and
[network] weights = "random" uses random filters instead.

Commands that require a configuration also accept preset:keras; set the pictures
with --set.`,
		Example: `  nst presets
  nst presets keras     print its file`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completePresets,
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			if len(args) == 1 {
				p, err := plan.FindPreset(args[0])
				if err != nil {
					return err
				}
				fmt.Fprint(out, p.Text)
				return nil
			}
			t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "PRESET\tSYSTEM\tWEIGHTS\tSTARTS FROM\tOPTIMIZER\tSTEPS")
			for _, p := range plan.Presets() {
				c := p.Config
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\n", p.Name, p.Title, orNone(p.Weights), c.Start.From, c.Optimizer.Kind, c.Steps())
			}
			if err := t.Flush(); err != nil {
				return err
			}
			fmt.Fprint(out, `
To use one, write base = "preset:keras" into a configuration, or give it in place of one:
  nst sweep preset:keras --set images.content=photo.jpg --set images.style=painting.jpg
nst presets NAME prints a preset's file; nst explain compares the meaning of their weights.
`)
			return nil
		},
	}
}

func completePresets(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, p := range plan.Presets() {
		names = append(names, p.Name+"\t"+p.Title)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
