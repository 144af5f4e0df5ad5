// Package cmd is the command nst. A program that adds losses of its own to it calls Main:
// see docs/own-losses.md.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/gonst/workbench/internal/prefix"
)

// Main runs the command with the arguments of the program, and exits.
func Main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signals = append(signals, syscall.SIGHUP)
	}
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, signals...)
	go func() {
		<-caught
		cancel()
		signal.Reset(signals...) // a second one ends the program at once
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the command without the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	var status *statusError
	if !errors.As(err, &status) { // cobra's own errors are about usage
		status = &statusError{code: exitUsage, err: err}
	}
	if status.err != nil {
		fmt.Fprintln(stderr, visible("nst: "+prefix.Trim(prefix.Text(status.err))+whyMissing(status.err)))
	}
	return status.code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "nst",
		Short: "Experiments in neural style transfer",
		Long: `nst runs experiments in neural style transfer.

A TOML file describes what to run: the pictures, the network, the losses, the
optimiser, and which of these to vary. Every combination is one run. The
results, with a page that shows them side by side, are in results/<name>/.`,
		Example: `  nst paint photo.jpg painting.jpg       one picture in the style of another
  nst sweep configs/quickstart.toml      run it, or continue it
  nst plan configs/quickstart.toml       its runs, with time and memory
  nst check configs/*.toml               find mistakes without running
  nst explain configs/quickstart.toml    what its weights mean
  nst presets                            published systems to start from
  nst layers vgg19                       the layers that losses may name`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		newPaint(), newInit(), newSweep(), newAsk(), newTell(), newWork(), newPlan(), newCheck(), newKeys(),
		newReport(),
		newCompare(), newMeasure(), newTag(), newVote(),
		newStatus(),
		newShow(), newExport(), newBundle(),
		newServe(),
		newExplain(),
		newBench(),
		newLayers(), newPresets(), newWeights(),
		newMan(), newVersion(),
	)
	withStatus(root)
	completeFlags(root)
	return root
}
