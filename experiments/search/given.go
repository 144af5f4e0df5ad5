package search

import (
	"path/filepath"
	"slices"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/vote"
)

// Told and Votes are the names of goals whose values are not measures of the runs: a
// program brings them (nst tell), or people vote (nst vote).
const (
	Told  = "told"
	Votes = "votes"
)

// given reports whether the values of a goal come from outside.
func (g Goal) given() bool { return g.Measure == Told || g.Measure == Votes }

// Told reports whether a program brings the values.
func (o Objective) Told() bool { return o.has(Told) }

// Votes reports whether a goal is the strength of the pictures by people's votes.
func (o Objective) Votes() bool { return o.has(Votes) }

func (o Objective) has(measure string) bool {
	return slices.ContainsFunc(o.Goals, func(g Goal) bool { return g.Measure == measure })
}

// Measured is the objective without the goals whose values come from outside.
func (o Objective) Measured() Objective {
	o.Goals = slices.DeleteFunc(slices.Clone(o.Goals), Goal.given)
	return o
}

// Given is what came from outside about trials, by their number from 1.
type Given struct {
	Values map[int]float64 // that were told, or the strengths by the model of Bradley and Terry
	Votes  map[int]int     // answers about the trial
}

// GivenFile is the file of what comes from outside, below the directory of a search; empty
// for an objective of measures.
func (o Objective) GivenFile(dir string) string {
	switch {
	case o.Told():
		return filepath.Join(dir, result.SearchDir, result.ToldFile)
	case o.Votes():
		return filepath.Join(dir, vote.File)
	}
	return ""
}

// ReadGiven reads what came from outside of the trials with these identities. It is empty for
// an objective of measures.
func (o Objective) ReadGiven(dir string, ids []string) (g Given, err error) {
	switch {
	case o.Told():
		g.Values, err = ReadTold(dir)
	case o.Votes():
		votes, _, err := vote.Read(dir)
		if err != nil {
			return g, err
		}
		g = Given{Values: map[int]float64{}, Votes: map[int]int{}}
		scores := vote.Rank(ids, votes).Scores
		for i, id := range ids {
			if s, ok := scores[id]; ok {
				g.Values[i+1], g.Votes[i+1] = s.Strength, s.Votes
			}
		}
	}
	return g, err
}

// Lacks counts the pictures that need answers before the next trial is chosen: each of
// those that are done needs Settings.Votes of them, or one from each pair with another
// picture if these are fewer. done lists the numbers of the trials that are done. The first
// trials need none, as they do not depend on outcomes.
func (s Settings) Lacks(trials int, done []int, g Given) int {
	if !s.Objective.Votes() || s.Method == "sobol" || trials < max(2, s.Startup) {
		return 0
	}
	n, need := 0, min(s.Votes, len(done)-1)
	for _, number := range done {
		if g.Votes[number] < need {
			n++
		}
	}
	return n
}
