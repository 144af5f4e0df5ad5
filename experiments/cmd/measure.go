package cmd

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/remeasure"
	"github.com/gonst/workbench/experiments/report"
	"github.com/gonst/workbench/experiments/result"
	"github.com/spf13/cobra"
)

func newMeasure() *cobra.Command {
	var o remeasure.Options
	var own bool
	cmd := &cobra.Command{
		Use:   "measure DIR…",
		Short: "Measure finished pictures once more, with one yardstick",
		Long: `Measures image.png of every finished run of one or more experiments with one
yardstick, so that the measures of all of them compare, and writes their pages again.
It makes no run; it needs the content and style images where the runs found them.

--yardstick takes a network (pyramid, vgg16, vgg19) or KEY=VALUE of the table
[yardstick], and may be repeated. Without it, the yardstick is what a single plan of all
these runs has: the VGG that all runs use with trained weights, or a pyramid, at the
smallest size of the runs, at most 256 pixels.

The measures are in .measures/ of each experiment. The runs' own measures and those of
other yardsticks are kept; --own shows the runs' own ones again. If the command is
interrupted, the earlier measures stay in use, and the same command continues.`,
		Example: `  nst measure results/quickstart
  nst measure results/quickstart --yardstick pyramid --yardstick size=64
  nst measure results/quickstart --own`,
		Args: minimumArgs(1, "directories of experiments, such as results/quickstart results/lecture"),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if own && len(o.Yardstick) > 0 {
				return usage(errors.New("--own uses the yardsticks of the runs; leave --yardstick out"))
			}
			if o.Threads < 0 {
				return usage(fmt.Errorf("--threads is %d; it must be 0 or more", o.Threads))
			}
			if own {
				for _, dir := range dirs {
					if _, err := result.ReadPlan(dir); err != nil {
						return err
					}
					if err := result.UseMeasures(dir, ""); err != nil {
						return err
					}
				}
				return updatePages(cmd, dirs)
			}
			for i, y := range o.Yardstick {
				if !strings.Contains(y, "=") {
					o.Yardstick[i] = "network=" + y
				}
			}
			watch, done := measureProgress(cmd.ErrOrStderr())
			o.Watch = watch
			s, err := remeasure.Run(cmd.Context(), dirs, o)
			done()
			if cmd.Context().Err() != nil {
				if s != nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "Interrupted after %s; the same command continues. The earlier measures stay in use.\n", count(s.Measured+s.Earlier, "picture"))
				}
				return &statusError{code: exitInterrupted}
			}
			if err != nil {
				return err
			}
			text := count(s.Measured, "picture") + " measured with " + s.Yardstick
			if s.Earlier > 0 {
				text += fmt.Sprintf(", %d before", s.Earlier)
			}
			if n := len(s.Skipped); n > 0 {
				text += fmt.Sprintf("; %s without a finished picture", count(n, "run"))
			}
			fmt.Fprintln(cmd.OutOrStdout(), text)
			return updatePages(cmd, dirs)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.Yardstick, "yardstick", nil, "a network, or `KEY=VALUE` of [yardstick]; may be repeated")
	f.IntVar(&o.Threads, "threads", 0, "threads (default: all cores)")
	f.BoolVar(&own, "own", false, "use the runs' own measures again")
	return cmd
}

func updatePages(cmd *cobra.Command, dirs []string) error {
	for _, dir := range dirs {
		if err := report.Update(dir); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "Report: %s\n", filepath.Join(dir, result.IndexFile))
	}
	return nil
}

// measureProgress shows the progress on one line of a terminal, or every ten seconds on
// a line of its own.
func measureProgress(out io.Writer) (watch func(remeasure.Progress), done func()) {
	terminal, spoken, written := isTerminal(out), time.Now(), false
	return func(p remeasure.Progress) {
			text := fmt.Sprintf("[%d/%d] measuring %s", p.Done, p.All, p.Run)
			switch {
			case p.Run == "":
			case terminal:
				if width := widthOf(out); width > 1 {
					text = clip(text, width-1)
				}
				fmt.Fprint(out, "\r"+text+clearLine)
				written = true
			case time.Since(spoken) >= 10*time.Second:
				spoken = time.Now()
				fmt.Fprintln(out, text)
			}
		}, func() {
			if written {
				fmt.Fprint(out, "\r"+clearLine)
			}
		}
}

// clip shortens a text to n characters.
func clip(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}
