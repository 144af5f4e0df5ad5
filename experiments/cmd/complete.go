package cmd

import (
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/export"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/reference"
	"github.com/gonst/workbench/experiments/result"
	"github.com/spf13/cobra"
)

// Completion of the values of flags. An error completes to nothing: the command itself
// reports it.

// completeSets completes KEY=VALUE: the keys of a configuration, with the names of its
// losses, and the values of keys that accept a few.
func completeSets(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	key, _, valued := strings.Cut(typed, "=")
	var all []string
	for _, k := range reference.Keys() {
		for _, path := range paths(k.Path(), args) { // a key of several kinds of losses is there once for each
			switch {
			case !valued && strings.HasPrefix(path, typed):
				all = append(all, path+"=")
			case valued && path == key:
				for _, choice := range k.Choices() {
					all = append(all, path+"="+choice)
				}
			}
		}
	}
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(s string) bool {
		again := seen[s]
		seen[s] = true
		return again
	})
	if valued && len(all) == 0 {
		return nil, cobra.ShellCompDirectiveDefault // the name of a file, perhaps
	}
	return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// paths returns a key, for each loss of the configuration if it is a key of losses.
func paths(key string, args []string) []string {
	rest, of := strings.CutPrefix(key, "loss.NAME.")
	if !of {
		return []string{key}
	}
	names := []string{"content", "style"}
	if len(args) > 0 {
		if p, err := plan.Read(args[0]); err == nil {
			names = nil
			for _, l := range p.Examples()[0].Config.Losses {
				names = append(names, l.Name)
			}
		}
	}
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = "loss." + name + "." + rest
	}
	return all
}

// completeColumns completes a column of a comparison.
func completeColumns(_ *cobra.Command, dirs []string, typed string) ([]string, cobra.ShellCompDirective) {
	runs, _, err := export.Open(dirs...)
	if err != nil || len(runs) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	down, all := "", []string(nil)
	if strings.HasPrefix(typed, "-") {
		down = "-"
	}
	for _, c := range export.Compare(runs, true).Columns {
		all = append(all, down+c)
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// completeRuns completes the name of a run of a configuration.
func completeRuns(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	p, err := plan.Read(args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var all []string
	for _, r := range p.Examples() {
		all = append(all, r.Name)
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// completeTags completes a tag that runs of the experiments have.
func completeTags(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var all []string
	for _, dir := range args {
		e, err := result.OpenStates(dir, nil)
		if err != nil {
			continue // a run of an experiment, perhaps
		}
		for _, r := range e.Runs {
			all = append(all, r.Tags...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), cobra.ShellCompDirectiveNoFileComp
}

// completeFlags gives the flags of all commands their completion.
func completeFlags(cmd *cobra.Command) {
	for name, complete := range map[string]cobra.CompletionFunc{"set": completeSets, "sort": completeColumns, "run": completeRuns, "tag": completeTags, "add": completeTags, "remove": completeTags} {
		if cmd.Flags().Lookup(name) != nil {
			_ = cmd.RegisterFlagCompletionFunc(name, complete)
		}
	}
	for _, sub := range cmd.Commands() {
		completeFlags(sub)
	}
}
