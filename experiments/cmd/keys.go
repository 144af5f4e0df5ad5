package cmd

import (
	"fmt"
	"text/tabwriter"

	"github.com/gonst/workbench/experiments/reference"
	"github.com/spf13/cobra"
)

func newKeys() *cobra.Command {
	var markdown, schema bool
	cmd := &cobra.Command{
		Use:   "keys [KEY]",
		Short: "Describe the keys of a configuration",
		Long: `Lists the keys of a configuration with their defaults. With the name of a key or of
a table, it describes them: what is accepted, the default, what the key does, and
which presets set it.

--schema prints a JSON Schema, by which editors complete and check configurations
(Taplo, Even Better TOML); --markdown prints the page docs/configuration.md.`,
		Example: `  nst keys
  nst keys optimizer.history
  nst keys loss
  nst keys --schema`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, k := range reference.Keys() {
				names = append(names, k.Path())
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			switch {
			case schema:
				_, err := out.Write(reference.Schema())
				return err
			case markdown:
				_, err := fmt.Fprint(out, reference.Markdown())
				return err
			case len(args) == 1:
				keys, err := reference.Find(args[0])
				if err != nil {
					return usage(err)
				}
				for i, k := range keys {
					if i > 0 {
						fmt.Fprintln(out)
					}
					fmt.Fprint(out, k.Text())
				}
				return nil
			}
			t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "KEY\tDEFAULT\tACCEPTED")
			for _, k := range reference.Keys() {
				fmt.Fprintf(t, "%s\t%s\t%s\n", k.Path(), k.Default, k.Want)
			}
			return t.Flush()
		},
	}
	cmd.Flags().BoolVar(&schema, "schema", false, "print a JSON Schema")
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print the page of the documentation")
	cmd.MarkFlagsMutuallyExclusive("schema", "markdown")
	return cmd
}
