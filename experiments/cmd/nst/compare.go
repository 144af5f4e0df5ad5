package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gonst/workbench/experiments/export"
	"github.com/gonst/workbench/experiments/report"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func newCompare() *cobra.Command {
	var out, sort string
	var text, lines, all bool
	cmd := &cobra.Command{
		Use:   "compare DIR DIR…",
		Short: "Make one page over several experiments",
		Long: `Makes one page over the runs of several experiments' directories: the same page
as an experiment's own, with the experiment as one more thing that varies, and
every key by which the configurations differ. One file that needs no other.

It goes beside the first directory unless --out says where. Nothing is written
into the experiments' directories.

With --text the comparison is a table in the terminal instead: the keys of the
configuration by which the runs differ, how far they came, losses, and a measure of each
group (--all: all measures).
--json gives its rows as objects, one a line, with all digits.`,
		Example: `  nst compare results/quickstart results/gatys-figure3-pyramid
  nst compare results/quickstart --text --sort total
  nst compare results/*/ --out all.html`,
		Args: minimumArgs(1, "directories of experiments, such as results/quickstart results/lecture"),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if text || lines {
				return compareText(cmd, dirs, sort, all, lines)
			}
			if sort != "" || all {
				return usage(errors.New("--sort and --all are for the table of --text; the page's own is sorted there, and has everything"))
			}
			if out == "" {
				out = report.CompareFile(dirs...)
			}
			if err := report.Compare(out, dirs...); err != nil {
				return usage(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "look at %s\n", out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the page's `FILE` (default: compare-NAMES.html beside the first directory)")
	cmd.Flags().BoolVar(&text, "text", false, "print a table instead")
	cmd.Flags().BoolVar(&lines, "json", false, "print the table as JSON Lines")
	cmd.Flags().BoolVar(&all, "all", false, "all measures in the table, and not one of each group")
	cmd.Flags().StringVar(&sort, "sort", "", "order the table by this `COLUMN`; with a - before it, the largest first")
	return cmd
}

// compareText prints the comparison as a table.
func compareText(cmd *cobra.Command, dirs []string, sort string, all, lines bool) error {
	runs, err := exported(cmd, dirs)
	if err != nil {
		return err
	}
	c := export.Compare(runs, all)
	if sort != "" {
		if err := c.Sort(sort); err != nil {
			return usage(err)
		}
	}
	if lines {
		return c.JSON(cmd.OutOrStdout())
	}
	return c.Text(cmd.OutOrStdout(), widthOf(cmd.OutOrStdout()))
}

// widthOf is how many characters a line of a terminal has; 0 where the output is none.
func widthOf(out io.Writer) int {
	f, ok := out.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}
