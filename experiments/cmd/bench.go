package cmd

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gonst/workbench/experiments/cost"
	"github.com/spf13/cobra"
)

func newBench() *cobra.Command {
	var o cost.BenchOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Time iterations on this machine",
		Long: `Times whole iterations: the network forward, all losses, the gradient back to the
image, and the optimiser's step. The network is VGG-19 with the losses of Gatys et
al. 2015 (the preset gatys2015), or one that needs no weights with the losses of a preset:
pyramid, oriented or oriented-fine. L-BFGS makes fixed steps, so that each iteration is
one evaluation. Images and VGG's filters are random; the time does not depend on them.

GFLOP/s count convolutions, forward and backward, as direct convolutions, and
Gram matrices and other products of maps. Memory is the peak of this process. The environment variable NST_ISA
(avx512, avx2, portable) restricts the kernels to an instruction set.`,
		Example: `  nst bench
  nst bench --network oriented --size 256
  nst bench --size 256 --threads 4 --iterations 5 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range []string{"size", "threads", "iterations"} {
				if n, _ := cmd.Flags().GetInt(name); n < 1 { // 0 would be the default
					return usage(fmt.Errorf("--%s %d: must be 1 or more", name, n))
				}
			}
			if err := o.Check(); err != nil {
				return err
			}
			b, err := cost.Bench(cmd.Context(), o)
			if cmd.Context().Err() != nil {
				return &statusError{code: exitInterrupted}
			}
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(b)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), b)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Network, "network", "vgg19", "one of "+strings.Join(cost.BenchNetworks(), ", "))
	f.IntVar(&o.Size, "size", 512, "side of the image in `PIXELS`")
	f.IntVar(&o.Threads, "threads", 2, "threads")
	f.IntVar(&o.Iterations, "iterations", 10, "timed iterations, after two untimed ones")
	f.StringVar(&o.Optimizer, "optimizer", "lbfgs", "lbfgs (with fixed steps) or adam")
	f.StringVar(&o.Memory, "memory", "default", "default, or low, which computes large maps twice and does not keep transformed filters")
	f.StringVar(&o.Precision, "precision", "float32", "float32; with VGG-19 on a processor with AMX also bf16x3 or bf16")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
