package cmd

import (
	"cmp"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/gonst/workbench/experiments/report"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/vote"
	"github.com/spf13/cobra"
)

func newVote() *cobra.Command {
	var address string
	var hosts []string
	var ranking bool
	cmd := &cobra.Command{
		Use:   "vote DIR",
		Short: "Ask people which pictures are better, and rank the runs by their votes",
		Long: `Serves a page that shows two pictures of an experiment, again and again, and asks
which is better. Names and settings of the runs are hidden, pairs and sides are random. Keys
(←, →, space) and touch answer, too. Each voter gives a name; several may vote at the same
time. Answers are appended to votes.jsonl in the directory of the experiment.

When the command ends, it writes the page of the experiment again, with the ranking
(Bradley and Terry 1952): the column preference is the strength of a run, in logits, with
its standard error; effects and trade-off show it like a measure. --ranking prints it.

It listens only on this machine unless --addr is set. With --addr, everybody who can
reach the address can see the pictures and vote.`,
		Example: `  nst vote results/quickstart
  nst vote results/quickstart --addr 0.0.0.0:8789 --host lab.example.org
  nst vote results/quickstart --ranking`,
		Args: exactArgs(1, "a directory of an experiment, such as results/quickstart"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := args[0]
			if ranking {
				return printRanking(cmd, dir)
			}
			err := listen(cmd, address, hosts, dir, func(hosts []string) (http.Handler, error) {
				h, warnings, err := vote.Handler(dir, uint64(time.Now().UnixNano()), hosts...)
				for _, w := range warnings {
					fmt.Fprintln(cmd.ErrOrStderr(), "nst: warning:", w)
				}
				return h, err
			})
			if err != nil {
				return err
			}
			if err := report.Update(dir); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Report: %s\n", filepath.Join(dir, result.IndexFile))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&address, "addr", "127.0.0.1:8789", "`HOST:PORT` to listen on; port 0 chooses a free port")
	f.StringArrayVar(&hosts, "host", nil, "host `NAME` of this machine that browsers may use; may be repeated")
	f.BoolVar(&ranking, "ranking", false, "print the ranking by the votes so far, and end")
	return cmd
}

// printRanking prints the runs, the preferred ones first.
func printRanking(cmd *cobra.Command, dir string) error {
	e, err := result.OpenStates(dir, nil)
	if err != nil {
		return err
	}
	votes, warnings, err := vote.Read(dir)
	if err != nil {
		return err
	}
	ids := make([]string, len(e.Runs))
	labels := map[string]string{}
	for i, label := range e.Plan.Labels() {
		ids[i] = e.Runs[i].ID
		labels[ids[i]] = cmp.Or(labels[ids[i]], label)
	}
	r := vote.Rank(ids, votes)
	if r.Foreign > 0 {
		warnings = append(warnings, fmt.Sprintf("%d votes in %s are about runs that are not in the experiment; they are ignored", r.Foreign, vote.File))
	}
	for _, w := range warnings {
		fmt.Fprintln(cmd.ErrOrStderr(), "nst: warning:", w)
	}
	out := cmd.OutOrStdout()
	if r.Votes == 0 {
		fmt.Fprintf(out, "There are no votes. `nst vote %s` asks for them.\n", dir)
		return nil
	}
	ranked := make([]string, 0, len(r.Scores))
	for id := range r.Scores {
		ranked = append(ranked, id)
	}
	slices.SortFunc(ranked, func(a, b string) int {
		return cmp.Or(cmp.Compare(r.Scores[b].Strength, r.Scores[a].Strength), cmp.Compare(labels[a], labels[b]))
	})
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RANK\tPREFERENCE\t95 % INTERVAL\tVOTES\tRUN")
	for i, id := range ranked {
		s := r.Scores[id]
		fmt.Fprintf(t, "%d\t%+.2f\t%+.2f to %+.2f\t%d\t%s\n", i+1, s.Strength, s.Strength-1.96*s.Error, s.Strength+1.96*s.Error, s.Votes, labels[id])
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%d votes, %d voters.", r.Votes, r.Voters)
	if r.Shared > 0 {
		fmt.Fprintf(out, " Two voters gave the same answer to a pair in %.0f %% of %d cases.", 100*r.Agreement, r.Shared)
	}
	fmt.Fprintln(out)
	return nil
}
