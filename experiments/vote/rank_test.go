package vote

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// ballots asks simulated voters about random pairs: they follow Bradley and Terry's model.
func ballots(strengths []float64, n int, random *rand.Rand) (runs []string, votes []Vote) {
	for i := range strengths {
		runs = append(runs, fmt.Sprint("run", i))
	}
	for k := range n {
		a := random.IntN(len(runs))
		b := (a + 1 + random.IntN(len(runs)-1)) % len(runs)
		v := Vote{Voter: fmt.Sprint("voter", k), Left: runs[a], Right: runs[b], Choice: Right}
		if random.Float64() < 1/(1+math.Exp(strengths[b]-strengths[a])) {
			v.Choice = Left
		}
		votes = append(votes, v)
	}
	return runs, votes
}

// Sixty votes with errors give the ranking back, and their intervals contain the truth as
// often as they say.
func TestRankFindsTheTruth(t *testing.T) {
	truth := []float64{-1.6, -0.9, -0.2, 0.2, 0.9, 1.6}
	random := rand.New(rand.NewPCG(1, 2))
	const studies = 300
	inside, correlation := 0, 0.0
	for range studies {
		runs, votes := ballots(truth, 60, random)
		r := Rank(runs, votes)
		if r.Votes != 60 || len(r.Scores) != len(truth) {
			t.Fatalf("%d votes, %d scores", r.Votes, len(r.Scores))
		}
		order := slices.Clone(runs)
		slices.SortFunc(order, func(a, b string) int {
			if r.Scores[a].Strength < r.Scores[b].Strength {
				return -1
			}
			return 1
		})
		distance := 0
		for place, id := range order {
			d := place - slices.Index(runs, id)
			distance += d * d
		}
		correlation += (1 - 6*float64(distance)/(6*35)) / studies // Spearman's
		for i, id := range runs {
			if s := r.Scores[id]; math.Abs(s.Strength-truth[i]) < 1.96*s.Error {
				inside++
			}
		}
	}
	if share := float64(inside) / float64(studies*len(truth)); share < 0.9 || share > 0.99 {
		t.Errorf("the intervals of 95 %% contain the truth in %.1f %% of cases", 100*share)
	}
	if correlation < 0.8 {
		t.Errorf("the mean rank correlation is %.3f", correlation)
	}
}

// The strengths are the maximum that the mathematics has for two runs: with w of n votes
// and the prior of deviation 3, w - n/(1+exp(-d)) = d/18.
func TestRankOfTwo(t *testing.T) {
	var votes []Vote
	for k := range 10 {
		v := Vote{Voter: fmt.Sprint(k), Left: "a", Right: "b", Choice: Left}
		if k >= 7 {
			v.Left, v.Right = "b", "a"
		}
		votes = append(votes, v)
	}
	r := Rank([]string{"a", "b", "c"}, votes)
	d := r.Scores["a"].Strength - r.Scores["b"].Strength
	if rest := 7 - 10/(1+math.Exp(-d)) - d/18; math.Abs(rest) > 1e-9 {
		t.Errorf("strengths differ by %v; the derivative there is %v", d, rest)
	}
	p := 1 / (1 + math.Exp(-d))
	if want := math.Sqrt(1/(10*p*(1-p)+1.0/18)) / 2; math.Abs(r.Scores["a"].Error-want) > 1e-9 {
		t.Errorf("the standard error is %v; want %v", r.Scores["a"].Error, want)
	}
	if _, ok := r.Scores["c"]; ok {
		t.Error("a run that nobody judged has a score")
	}
}

func TestRankCounts(t *testing.T) {
	v := func(voter, left, right string, c Choice) Vote {
		return Vote{Voter: voter, Left: left, Right: right, Choice: c}
	}
	r := Rank([]string{"a", "b", "c"}, []Vote{
		v("ann", "a", "b", Right), v("ann", "b", "a", Right), // the last counts: for a
		v("bob", "a", "b", Left), v("cid", "a", "b", Right),
		v("ann", "a", "x", Left), // another experiment's
		v("bob", "b", "c", Equal),
	})
	if r.Votes != 4 || r.Foreign != 1 || r.Voters != 3 || r.Shared != 3 || math.Abs(r.Agreement-1.0/3) > 1e-12 {
		t.Errorf("%+v", r)
	}
	if r := Rank([]string{"a"}, nil); r.Votes != 0 || len(r.Scores) != 0 || !math.IsNaN(r.Agreement) {
		t.Errorf("without votes: %+v", r)
	}
	if r := Rank([]string{"a", "b"}, []Vote{v("ann", "a", "b", Left)}); !(r.Scores["a"].Strength > r.Scores["b"].Strength) || math.IsInf(r.Scores["a"].Strength, 0) {
		t.Errorf("one vote: %+v", r)
	}
}
