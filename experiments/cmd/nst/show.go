package main

import (
	"fmt"

	"github.com/gonst/workbench/experiments/result"
	"github.com/spf13/cobra"
)

func newShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show FILE.png",
		Short: "Print the configuration that a picture was made from",
		Long: `Prints what a picture of a run says of itself: the run's identity, the files that
went in with their digests, and the configuration, resolved to the last value.
What is printed is a configuration. The picture itself can stand for it: nst sweep,
plan, check and explain take it as it is, and find its files by their digests.

It stands in two texts of the PNG, nst-config (TOML) and nst-run (JSON), which other
programs show too, and lose when they save the picture anew.`,
		Example: `  nst show picture.png`,
		Args:    exactArgs(1, "a picture that nst has made"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"png"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := result.ReadRecipe(args[0])
			if err != nil {
				return usage(err)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), r.Config)
			return err
		},
	}
}
