package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/gonst/workbench/experiments/report"
	"github.com/gonst/workbench/experiments/result"
	"github.com/spf13/cobra"
)

func newReport() *cobra.Command {
	return &cobra.Command{
		Use:   "report DIR…",
		Short: "Write the page of result directories again",
		Long: `Writes index.html, summary.csv and the plots of one or more experiments again,
using only the files in their directories.`,
		Example: `  nst report results/quickstart
  nst report results/*/`,
		Args: minimumArgs(1, "a directory of an experiment, such as results/quickstart"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, dir := range args {
				if err := drawPage(dir, report.Write); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "Report: %s\n", filepath.Join(dir, result.IndexFile))
			}
			return nil
		},
	}
}

// stampName is the file with a hash of what the page was made from.
const stampName = ".report"

// writePage makes the page of an experiment unless it is up to date.
func writePage(dir string) error {
	if pageIsCurrent(dir) {
		return nil
	}
	return drawPage(dir, report.Write)
}

func pageIsCurrent(dir string) bool {
	was, err := os.ReadFile(filepath.Join(dir, stampName))
	if err != nil || string(was) != basis(dir) {
		return false
	}
	_, err = os.Stat(filepath.Join(dir, result.IndexFile))
	return err == nil
}

// drawPage makes the page with write, and stores the hash of what it was made from. The
// hash is computed before, because the page may miss a run that is published meanwhile.
func drawPage(dir string, write func(dirs ...string) error) error {
	from := basis(dir)
	if err := write(dir); err != nil {
		return err
	}
	// If this fails, the page is only written again.
	os.WriteFile(filepath.Join(dir, stampName), []byte(from), 0o666)
	return nil
}

// basis is a hash of what a page shows: the plan, how runs ended, and the
// program that makes the page.
func basis(dir string) string {
	sum := sha256.New()
	fmt.Fprintln(sum, version())
	names := []string{filepath.Join(dir, result.PlanFile)}
	for _, pattern := range []string{"*", filepath.Join(result.AttemptsDir, "*", "*")} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern, result.RunFile))
		slices.Sort(found)
		names = append(names, found...)
	}
	for _, name := range names {
		data, _ := os.ReadFile(name)
		fmt.Fprintf(sum, "%s %d\n", name[len(dir):], len(data))
		sum.Write(data)
	}
	return hex.EncodeToString(sum.Sum(nil)) + "\n"
}
