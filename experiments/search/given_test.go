package search

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gonst/workbench/experiments/vote"
)

// A search that follows a judge finds runs that the judge likes. The judge prefers the
// higher cosine, errs in one answer of ten, and gives three answers about each picture.
func TestVotesOnGrid(t *testing.T) {
	g := readGrid(t)
	run := func(method string, seed uint64) float64 {
		s := Settings{Method: method, Seed: seed, Startup: 10, Votes: 3, Objective: Objective{Goals: []Goal{{Measure: Votes}}}}
		r := rand.New(rand.NewPCG(seed, 9))
		var made []int
		var ids []string
		var votes []vote.Vote
		history := make([]Trial, 0, 40)
		for range 40 {
			scores := vote.Rank(ids, votes).Scores
			for k := range history {
				history[k].State, history[k].Values = Pending, nil
				if v, ok := scores[ids[k]]; ok {
					history[k].State, history[k].Values = Done, []float64{v.Strength}
				}
			}
			p, ok := Next(g.space, s, history)
			if !ok {
				t.Fatal("no further trial")
			}
			k := len(made)
			made, ids, history = append(made, g.index(p)), append(ids, fmt.Sprint(k)), append(history, Trial{Point: p})
			judged := map[int]bool{}
			for len(judged) < min(3, k) { // against others, each once
				o := r.IntN(k)
				if judged[o] {
					continue
				}
				judged[o] = true
				choice := vote.Left
				if g.gram[45][made[k]] > g.gram[45][made[o]] != (r.Float64() < 0.1) {
					choice = vote.Right
				}
				votes = append(votes, vote.Vote{Voter: "eye", Left: ids[o], Right: ids[k], Choice: choice})
			}
		}
		best, scores := 0, vote.Rank(ids, votes).Scores
		for k, id := range ids {
			if scores[id].Strength > scores[ids[best]].Strength {
				best = k
			}
		}
		rank := 1.0
		for _, v := range g.gram[45] {
			if v > g.gram[45][made[best]] {
				rank++
			}
		}
		return rank
	}
	ranks := map[string][]float64{}
	for _, method := range []string{"tpe", "sobol"} {
		for seed := range uint64(10) {
			ranks[method] = append(ranks[method], run(method, seed+1))
		}
	}
	t.Logf("ranks %v", ranks)
	if median(ranks["tpe"]) > 10 || median(ranks["tpe"]) >= median(ranks["sobol"]) {
		t.Errorf("the most liked of 40 is number %v of 200 in the median, and with sobol %v", median(ranks["tpe"]), median(ranks["sobol"]))
	}
}
