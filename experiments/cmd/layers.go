package cmd

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gonst/workbench/nst"
	"github.com/spf13/cobra"
)

func newLayers() *cobra.Command {
	return &cobra.Command{
		Use:   "layers [NETWORK]",
		Short: "List the layers that losses may name",
		Long: `Lists the layers of a network: name, aliases, channels, and the size of the maps
relative to the image. The default is the default network.`,
		Example: `  nst layers
  nst layers vgg19`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: nst.NetworkNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := nst.NetworkNames()[0]
			if len(args) > 0 {
				name = args[0]
			}
			net, err := nst.Open(name, nst.Options{})
			if err != nil {
				return usage(err)
			}
			out := cmd.OutOrStdout()
			t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "LAYER\tALSO\tKIND\tCHANNELS\tREDUCTION")
			for _, l := range net.Layers() {
				also := strings.Join(l.Aliases, " ")
				if also == "" {
					also = "-"
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%d\t1/%d\n", l.Name, also, l.Kind, l.Channels, l.Reduction)
			}
			if err := t.Flush(); err != nil {
				return err
			}
			if len(args) == 0 {
				others := slices.DeleteFunc(slices.Clone(nst.NetworkNames()), func(n string) bool { return n == name })
				fmt.Fprintf(out, "\nThese are the layers of %s; other networks: %s\n", name, strings.Join(others, ", "))
			}
			return nil
		},
	}
}
