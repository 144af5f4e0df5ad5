package report

import (
	"fmt"
	"math"

	"github.com/gonst/workbench/experiments/vote"
)

// ranking ranks the runs by the votes of all experiments. Lines that are no votes, and
// votes about other runs, are warnings of the experiment.
func ranking(s *study) vote.Ranking {
	var votes []vote.Vote
	for _, e := range s.Experiments {
		v, warnings, err := vote.Read(e.Dir)
		if err != nil {
			warnings = append(warnings, err.Error())
		}
		s.Warnings = append(s.Warnings, warnings...)
		votes = append(votes, v...)
	}
	if len(votes) == 0 {
		return vote.Ranking{}
	}
	ids := make([]string, len(s.Runs))
	for i, r := range s.Runs {
		ids[i] = r.ID
	}
	r := vote.Rank(ids, votes)
	if r.Foreign > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d votes are about runs that are not here; they are ignored", r.Foreign))
	}
	return r
}

// voteColumns returns what people preferred. columns leaves them out if nobody voted.
func voteColumns(s *study) []column {
	of := func(value func(vote.Score) float64) func(*run) float64 {
		return func(r *run) float64 {
			if score, ok := s.ranking.Scores[r.ID]; ok {
				return value(score)
			}
			return math.NaN()
		}
	}
	return []column{
		{Key: "preference", Name: "preference", Group: groupVotes, Unit: "logits", Better: "higher", First: true,
			of: of(func(v vote.Score) float64 { return v.Strength })},
		{Key: "preference_error", Name: "preference, standard error", Group: groupVotes, Unit: "logits", First: true,
			of: of(func(v vote.Score) float64 { return v.Error })},
		{Key: "votes", Name: "votes", Group: groupVotes, Form: "count",
			of: of(func(v vote.Score) float64 { return float64(v.Votes) })},
	}
}
