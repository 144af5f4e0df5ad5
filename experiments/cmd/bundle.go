package cmd

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gonst/workbench/experiments/bundle"
	"github.com/spf13/cobra"
)

func newBundle() *cobra.Command {
	var to string
	var o bundle.Options
	cmd := &cobra.Command{
		Use:   "bundle RUN",
		Short: "Pack a run to send to a colleague",
		Long: `Packs a run's directory, its input pictures, and its configuration with adapted
paths into one zip file. Unpack it anywhere and "nst sweep config.toml" makes the run
again. The bundle names weights by their digests; --weights packs them too.

The file is written completely or not at all, and never replaces another file. The
same run gives the same bytes.`,
		Example: `  nst bundle results/quickstart/RUN
  nst bundle results/quickstart/RUN --to colleague.zip`,
		Args: exactArgs(1, "a run's directory, such as results/quickstart/style.weight=light_style=waves-38e09c46"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				absolute, err := filepath.Abs(args[0])
				if err != nil {
					return err
				}
				to = filepath.Base(absolute) + ".zip"
			}
			b, err := bundle.Write(args[0], to, o)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s (%s)\n", b.Path, size(uint64(b.Bytes)))
			if len(b.Missing) > 0 {
				fmt.Fprintf(cmd.OutOrStdout(), "not packed: %s, described in its README.txt; --weights packs them too\n", strings.Join(b.Missing, ", "))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the zip `FILE` (default: the run's name in the working directory)")
	cmd.Flags().BoolVar(&o.Weights, "weights", false, "also pack the weight files")
	return cmd
}
