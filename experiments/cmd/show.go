package cmd

import (
	"fmt"

	"github.com/gonst/workbench/experiments/result"
	"github.com/spf13/cobra"
)

func newShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show FILE.png",
		Short: "Print the configuration that a picture was made from",
		Long: `Prints the text that a run's picture carries: the run's identity, its input files with
their digests, and the complete configuration. The output is a configuration.
nst sweep, plan, check and explain also accept the picture itself, and find its
input files by their digests.

The PNG has two text chunks: nst-config (TOML) and nst-run (JSON). Other programs can
show them too, but lose them when they save the picture again.`,
		Example: `  nst show picture.png`,
		Args:    exactArgs(1, "a picture made by nst"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"png"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := result.ReadRecipe(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), r.Config)
			return err
		},
	}
}
