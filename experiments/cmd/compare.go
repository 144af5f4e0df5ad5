package cmd

import (
	"cmp"
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
	var tags []string
	cmd := &cobra.Command{
		Use:   "compare DIR DIR…",
		Short: "Compare several experiments on one page",
		Long: `Writes one page with the runs of several experiments. It is like an experiment's own
page, with the experiment as an additional axis and every key in which the
configurations differ. It is a single file.

The page is written beside the first directory unless --out is set. The command
writes nothing into the experiments' directories.

With --text it prints a table instead: the keys in which the runs differ, their
progress, losses, and one measure of each group (--all: all measures).
--json prints the rows as objects, one on each line, with all digits.`,
		Example: `  nst compare results/quickstart results/gatys-figure3-pyramid
  nst compare results/quickstart --text --sort total
  nst compare results/*/ --out all.html`,
		Args: minimumArgs(1, "directories of experiments, such as results/quickstart results/lecture"),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if text || lines {
				return compareText(cmd, dirs, tags, sort, all, lines)
			}
			if sort != "" || all {
				return usage(errors.New("--sort and --all require --text or --json; the page's table has all columns and is sorted in the browser"))
			}
			if len(tags) > 0 {
				return usage(errors.New("--tag requires --text or --json; the page has a filter: tag=NAME"))
			}
			dirs = once(cmd, dirs)
			if out == "" {
				out = report.CompareFile(dirs...)
			}
			if err := report.Compare(out, dirs...); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Report: %s\n", out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`FILE` of the page (default: compare-NAMES.html beside the first directory)")
	cmd.Flags().BoolVar(&text, "text", false, "print a table instead")
	cmd.Flags().BoolVar(&lines, "json", false, "print the table as JSON Lines")
	cmd.Flags().BoolVar(&all, "all", false, "all measures in the table, not one of each group")
	tagFlag(cmd, &tags)
	cmd.Flags().StringVar(&sort, "sort", "", "sort the table by `COLUMN`; -COLUMN sorts the largest first")
	return cmd
}

// compareText prints the comparison as a table.
func compareText(cmd *cobra.Command, dirs, tags []string, sort string, all, lines bool) error {
	runs, err := tagged(cmd, dirs, tags)
	if err != nil {
		return err
	}
	c := export.Compare(runs, all)
	if sort != "" {
		if err := c.Sort(sort); err != nil {
			return err
		}
	}
	if lines {
		return c.JSON(cmd.OutOrStdout())
	}
	return c.Text(cmd.OutOrStdout(), cmp.Or(widthOf(cmd.OutOrStdout()), pipeWidth))
}

// pipeWidth is how many characters a line of the table has where the output is no
// terminal. Programs read --json.
const pipeWidth = 120

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
