package vote

import (
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Ranking is what votes say about runs.
type Ranking struct {
	Scores    map[string]Score // by identity; of the runs that somebody judged
	Votes     int              // that were counted
	Foreign   int              // about runs that are not in the experiment
	Voters    int
	Agreement float64 // the share of equal answers of two voters to one pair; NaN if no pair has two
	Shared    int     // pairs of such answers
}

// Score is the strength of one run by the model of Bradley and Terry (1952, "Rank analysis
// of incomplete block designs", Biometrika 39): a run of strength a is preferred to a run
// of strength b with the probability 1/(1+exp(b-a)). The mean strength is 0.
type Score struct {
	Strength float64
	Error    float64 // standard error; Strength ± 1.96 Error contains the truth 19 times out of 20
	Votes    int
}

// spread is the standard deviation of the normal prior of strengths. It keeps the strength
// finite of a run that won always, and is wide: a strength of 3 against -3 is 400 to 1.
const spread = 3

// Rank ranks the runs with the given identities. An answer "equal" counts as half a vote
// for each. Of several answers of one voter to one pair, the last counts.
func Rank(runs []string, votes []Vote) Ranking {
	index := make(map[string]int, len(runs))
	for i, id := range runs {
		index[id] = i
	}
	r := Ranking{Scores: map[string]Score{}, Agreement: math.NaN()}
	answers, voters := map[[2]int]map[string]float64{}, map[string]bool{}
	for _, v := range votes {
		a, okay := index[v.Left]
		b, also := index[v.Right]
		if !okay || !also {
			r.Foreign++
			continue
		}
		won := map[Choice]float64{Left: 1, Right: 0, Equal: 0.5}[v.Choice]
		if a > b {
			a, b, won = b, a, 1-won
		}
		pair := [2]int{a, b}
		if answers[pair] == nil {
			answers[pair] = map[string]float64{}
		}
		answers[pair][v.Voter] = won
		voters[v.Voter] = true
	}
	r.Voters = len(voters)
	games := map[int]int{}
	agreed := 0
	for pair, given := range answers {
		counts := map[float64]int{}
		for _, won := range given {
			counts[won]++
		}
		n := len(given)
		games[pair[0]] += n
		games[pair[1]] += n
		r.Votes += n
		r.Shared += n * (n - 1) / 2
		for _, k := range counts {
			agreed += k * (k - 1) / 2
		}
	}
	if r.Votes == 0 {
		return r
	}
	if r.Shared > 0 {
		r.Agreement = float64(agreed) / float64(r.Shared)
	}
	judged := slices.Sorted(maps.Keys(games))
	wins := mat.NewDense(len(judged), len(judged), nil)
	for pair, given := range answers {
		a, _ := slices.BinarySearch(judged, pair[0])
		b, _ := slices.BinarySearch(judged, pair[1])
		for _, won := range given { // halves add without rounding, so the order does not matter
			wins.Set(a, b, wins.At(a, b)+won)
			wins.Set(b, a, wins.At(b, a)+1-won)
		}
	}
	strength, covariance := fit(wins)
	for k, i := range judged {
		r.Scores[runs[i]] = Score{Strength: strength[k], Error: math.Sqrt(max(covariance.At(k, k), 0)), Votes: games[i]}
	}
	return r
}

// fit maximises the posterior of the strengths by Newton's method and returns them, and
// the inverse of its second derivatives (Laplace's approximation), both with their mean
// taken away. The posterior is concave, so there is one maximum.
func fit(wins *mat.Dense) ([]float64, *mat.Dense) {
	n, _ := wins.Dims()
	s := make([]float64, n)
	posterior := func(s []float64) float64 {
		sum := 0.0
		for a := range n {
			sum -= s[a] * s[a] / (2 * spread * spread)
			for b := range n {
				if w := wins.At(a, b); w > 0 {
					sum -= w * math.Log1p(math.Exp(s[b]-s[a]))
				}
			}
		}
		return sum
	}
	var cholesky mat.Cholesky
	for range 100 {
		gradient, curvature := mat.NewVecDense(n, nil), mat.NewSymDense(n, nil)
		for a := range n {
			gradient.SetVec(a, -s[a]/(spread*spread))
			curvature.SetSym(a, a, 1.0/(spread*spread))
		}
		for a := range n {
			for b := range n {
				both := wins.At(a, b) + wins.At(b, a)
				if b == a || both == 0 {
					continue
				}
				p := 1 / (1 + math.Exp(s[b]-s[a]))
				gradient.SetVec(a, gradient.AtVec(a)+wins.At(a, b)-both*p)
				curvature.SetSym(a, a, curvature.At(a, a)+both*p*(1-p))
				if b > a {
					curvature.SetSym(a, b, -both*p*(1-p))
				}
			}
		}
		var step mat.VecDense
		if !cholesky.Factorize(curvature) || cholesky.SolveVecTo(&step, gradient) != nil {
			break // not with a prior: the curvature is at least 1/spread²
		}
		size, now := 1.0, posterior(s)
		next := make([]float64, n)
		for ; size > 1e-6; size /= 2 {
			for a := range s {
				next[a] = s[a] + size*step.AtVec(a)
			}
			if posterior(next) >= now {
				break
			}
		}
		s = next
		if size*mat.Norm(&step, math.Inf(1)) < 1e-9 {
			break
		}
	}
	var inverse mat.SymDense
	_ = cholesky.InverseTo(&inverse)
	// Only differences have a meaning: centre the strengths, and the covariance with them.
	mean := 0.0
	for _, v := range s {
		mean += v / float64(n)
	}
	centre := mat.NewDense(n, n, nil)
	for a := range s {
		s[a] -= mean
		for b := range s {
			centre.Set(a, b, -1/float64(n))
		}
		centre.Set(a, a, 1-1/float64(n))
	}
	var covariance mat.Dense
	covariance.Product(centre, &inverse, centre)
	return s, &covariance
}
