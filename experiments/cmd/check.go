package cmd

import (
	"fmt"
	"strings"

	"github.com/gonst/workbench/experiments/plan"
	"github.com/spf13/cobra"
)

func newCheck() *cobra.Command {
	var settings []string
	cmd := &cobra.Command{
		Use:   "check CONFIG…",
		Short: "Find mistakes in configurations without running them",
		Long: `Reads configurations like a sweep, with all files that they name, and reports
every mistake: file, line, key, what was found and what is accepted.`,
		Example: `  nst check configs/*.toml
  nst check configs/quickstart.toml --set images.size=512`,
		Args:              minimumArgs(1, "a configuration"),
		ValidArgsFunction: completeTOML,
		RunE: func(cmd *cobra.Command, args []string) error {
			status := exitDone
			for _, file := range args {
				planned, err := plan.Read(file, settings...)
				if err != nil {
					fmt.Fprintln(cmd.ErrOrStderr(), err)
					status = max(status, statusOf(err))
					continue
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, %s\n", file, planned.Name, kindOf(planned))
				warn(cmd, planned.Warnings())
			}
			if status != exitDone {
				return &statusError{code: status}
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&settings, "set", nil, "override `KEY=VALUE` of the configuration; may be repeated")
	return cmd
}

// kindOf says what a plan makes.
func kindOf(p *plan.Plan) string {
	text := count(len(p.Runs), "run")
	if q := p.Search; q != nil {
		text = fmt.Sprintf("a search of %s by the method %s over %s", p.Settings.Budget, p.Settings.Method, count2(len(q.Space), "axis", "axes"))
	}
	if len(p.Settings.Objective.Goals) > 0 {
		text += ", to " + p.Settings.Objective.String()
	}
	if rule := p.Settings.Pruning; rule.Rule != "" {
		text += fmt.Sprintf("; %s at the steps %s", rule.Rule, strings.Trim(strings.ReplaceAll(fmt.Sprint(rule.Rungs), " ", ", "), "[]"))
	}
	return text
}

func count2(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func warn(cmd *cobra.Command, warnings []string) {
	for _, w := range warnings {
		fmt.Fprintln(cmd.ErrOrStderr(), "nst: warning:", w)
	}
}

// exactArgs and minimumArgs are like cobra's, but the error names what is missing.
func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		found := "nothing"
		if len(args) > 0 {
			found = strings.Join(args, " ")
		}
		return fmt.Errorf("%s requires %s, found %s; `%s --help` shows examples", cmd.CommandPath(), what, found, cmd.CommandPath())
	}
}

func minimumArgs(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= n {
			return nil
		}
		return fmt.Errorf("%s requires %s; `%s --help` shows examples", cmd.CommandPath(), what, cmd.CommandPath())
	}
}

// completeRunnable is for commands that accept a picture of a run as a configuration.
func completeRunnable(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"toml", "png"}, cobra.ShellCompDirectiveFilterFileExt
}

func completeTOML(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"toml"}, cobra.ShellCompDirectiveFilterFileExt
}
