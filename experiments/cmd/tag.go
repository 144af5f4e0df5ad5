package cmd

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gonst/workbench/experiments/export"
	"github.com/gonst/workbench/experiments/report"
	"github.com/gonst/workbench/experiments/result"
	"github.com/spf13/cobra"
)

func newTag() *cobra.Command {
	var change result.Tagging
	var note string
	var only []string
	cmd := &cobra.Command{
		Use:   "tag DIR [RUN…]",
		Short: "Give runs tags and a note",
		Long: `Adds tags to runs of an experiment, removes them, sets a note, and writes the page
again. RUN is the name of a run, its short label as nst status prints it, or either with *
for any text; the directory of a run is a name, too. Without --add, --remove and --note it
lists the runs that have tags or a note.

The page shows tags and notes; its filter finds them (tag=best, tag!=draft, note=sky).
nst status, compare --text and export csv, jsonl and mlflow have --tag. Exported tables
have the columns tags and note.

Tags and notes are in .tags/ of the experiment, and belong to the identity of a run: a
run that is made again keeps them. The runs themselves never change. Several people may
write at the same time.`,
		Example: `  nst tag results/quickstart '*' --add first-try
  nst tag results/quickstart results/quickstart/RUN --add best --note calm
  nst tag results/quickstart
  nst compare results/quickstart --text --tag best`,
		Args: minimumArgs(1, "a directory of an experiment, such as results/quickstart"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := args[0]
			e, err := result.OpenStates(dir, nil)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("note") {
				change.Note = &note
			}
			chosen, err := chooseRuns(e, dir, args[1:], only)
			if err != nil {
				return err
			}
			if len(change.Add) == 0 && len(change.Remove) == 0 && change.Note == nil {
				return listTags(cmd, e, chosen, len(args) > 1)
			}
			if len(args) == 1 && len(only) == 0 {
				return usage(errors.New("nst tag requires the names of runs; '*' is all of them"))
			}
			for _, i := range chosen {
				if id := e.Runs[i].ID; !slices.Contains(change.Runs, id) {
					change.Runs = append(change.Runs, id)
				}
			}
			if len(chosen) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "No run has these tags.")
				return nil
			}
			if err := result.WriteTagging(dir, &change); err != nil {
				return err
			}
			if e, err = result.OpenStates(dir, nil); err != nil {
				return err
			}
			if err := listTags(cmd, e, chosen, true); err != nil {
				return err
			}
			if err := report.Update(dir); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Report: %s\n", filepath.Join(dir, result.IndexFile))
			return nil
		},
		ValidArgsFunction: completeTagged,
	}
	f := cmd.Flags()
	f.StringArrayVar(&change.Add, "add", nil, "add a `TAG`; may be repeated")
	f.StringArrayVar(&change.Remove, "remove", nil, "remove a `TAG`; may be repeated")
	f.StringVar(&note, "note", "", "set the note to `TEXT`; an empty text removes it")
	tagFlag(cmd, &only)
	return cmd
}

// tagFlag adds the flag that selects runs by their tags.
func tagFlag(cmd *cobra.Command, tags *[]string) {
	cmd.Flags().StringArrayVar(tags, "tag", nil, "only runs with this `TAG`; may be repeated")
}

// tagged opens experiments and keeps the runs with all of the tags.
func tagged(cmd *cobra.Command, dirs, tags []string) ([]export.Run, error) {
	runs, err := exported(cmd, dirs)
	if err != nil || len(tags) == 0 {
		return runs, err
	}
	runs = slices.DeleteFunc(runs, func(r export.Run) bool { return !r.Tagged(tags) })
	if len(runs) == 0 {
		return nil, usage(fmt.Errorf("no run has the tags %s; `nst tag %s` lists tags", result.TagText(tags), strings.Join(dirs, " ")))
	}
	return runs, nil
}

// chooseRuns returns the indices of the named runs, all if none is named, that have all
// of the tags.
func chooseRuns(e *result.Experiment, dir string, names, tags []string) ([]int, error) {
	chosen := make([]bool, len(e.Runs))
	for _, name := range names {
		if filepath.Dir(filepath.Clean(name)) == filepath.Clean(dir) { // a path, as the shell completes it
			name = filepath.Base(name)
		}
		found, err := e.Named(name)
		if err != nil {
			return nil, err
		}
		for _, i := range found {
			chosen[i] = true
		}
	}
	var all []int
	for i, r := range e.Runs {
		if (chosen[i] || len(names) == 0) && r.Tagged(tags) {
			all = append(all, i)
		}
	}
	return all, nil
}

// listTags prints tags and notes, of runs without them only if bare is true.
func listTags(cmd *cobra.Command, e *result.Experiment, runs []int, bare bool) error {
	for _, w := range e.Warnings {
		fmt.Fprintln(cmd.ErrOrStderr(), "nst: warning:", w)
	}
	labels := e.Plan.Labels()
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, i := range runs {
		if r := e.Runs[i]; bare || len(r.Tags) > 0 || r.Note != "" {
			fmt.Fprintf(t, "%s\t%s\t%s\n", labels[i], result.TagText(r.Tags), strings.Join(strings.Fields(r.Note), " "))
		}
	}
	_ = t.Flush() // to memory
	if text.Len() == 0 {
		text.WriteString("No run has a tag or a note.\n")
	}
	for line := range strings.Lines(text.String()) {
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), printable(strings.TrimRight(line, " \n"))); err != nil {
			return err
		}
	}
	return nil
}

// completeTagged completes a directory, then its runs.
func completeTagged(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	p, err := result.ReadPlan(args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var all []string
	for _, r := range p.Runs {
		all = append(all, r.Name)
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}
