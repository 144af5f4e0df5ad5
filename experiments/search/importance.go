package search

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/gonst/workbench/experiments/result"
)

// Importance is how much each axis matters to a measure.
type Importance struct {
	// Shares has a number for each axis: its part of the errors that appear when the values
	// of one axis are shuffled. Together they are 1; all are 0 if no error appears.
	Shares []float64
	// Fit is the part of the variance that the forest explains of outcomes that it has not
	// seen: 1 is all. Near 0 or below it the shares mean nothing.
	Fit float64
}

// A Factor is an axis as the forest sees it.
type Factor struct {
	Ordered bool      // numbers; else the values are the indices of choices
	Values  []float64 // of each outcome
}

// left reports whether a value belongs to the left of a split.
func (f Factor) left(value, at float64) bool {
	return f.Ordered && value <= at || !f.Ordered && value == at
}

const (
	trees       = 64
	leaf        = 2   // outcomes of a leaf, at least
	fewOutcomes = 8   // with fewer there is nothing to learn
	mostRows    = 300 // more make the forest slow, and no better
)

// ImportantAxes measures how much the axes of an experiment that vary (Plan.Varied, in this
// order) matter to a goal, over the trials that are done; n is their number.
func ImportantAxes(e *result.Experiment, trials []Trial, goal int) (im Importance, n int, ok bool) {
	axes := e.Plan.Varied()
	factors := make([]Factor, len(axes))
	var outcomes []float64
	for i, t := range trials {
		if t.State != Done || math.IsNaN(t.Values[goal]) || math.IsInf(t.Values[goal], 0) {
			continue
		}
		outcomes = append(outcomes, t.Values[goal])
		for k, a := range axes {
			value, ordered := e.Runs[i].Values[a.Key], a.Numeric()
			v := float64(slices.Index(a.Values, value))
			if ordered {
				v, _ = strconv.ParseFloat(value, 64)
			}
			factors[k].Ordered, factors[k].Values = ordered, append(factors[k].Values, v)
		}
	}
	im, ok = Important(factors, outcomes)
	return im, len(outcomes), ok
}

// Important measures how much each factor matters to the outcomes by permutation: it grows a
// random forest of regression trees (Breiman 2001, "Random Forests", Machine Learning 45),
// and takes the growth of the squared error when the values of a factor are shuffled among
// the outcomes that a tree has not seen (section 10). Each split may use each factor, as
// there are few. ok is false if there are fewer than 8 outcomes, or if all are equal.
func Important(factors []Factor, outcomes []float64) (im Importance, ok bool) {
	if n := len(outcomes); n > mostRows {
		thin := make([]Factor, len(factors))
		var few []float64
		for i := range mostRows {
			few = append(few, outcomes[i*n/mostRows])
			for k, f := range factors {
				thin[k].Ordered, thin[k].Values = f.Ordered, append(thin[k].Values, f.Values[i*n/mostRows])
			}
		}
		factors, outcomes = thin, few
	}
	n := len(outcomes)
	mean, variance := moments(outcomes)
	if n < fewOutcomes || len(factors) == 0 || variance <= 1e-12*mean*mean || math.IsInf(variance, 0) || math.IsNaN(variance) {
		return im, false
	}
	r := rand.New(rand.NewPCG(1, 0x666f72657374)) // "forest"
	grown := make([]float64, len(factors))
	sums, votes := make([]float64, n), make([]int, n)
	row := make([]float64, len(factors))
	predict := func(t *node, i, shuffled int, from []int, at int) float64 {
		for k, f := range factors {
			if row[k] = f.Values[i]; k == shuffled {
				row[k] = f.Values[from[at]]
			}
		}
		return t.predict(row, factors)
	}
	for range trees {
		seen := make([]bool, n)
		var rows, out []int
		for range n {
			i := r.IntN(n)
			rows, seen[i] = append(rows, i), true
		}
		for i := range n {
			if !seen[i] {
				out = append(out, i)
			}
		}
		t := grow(factors, outcomes, rows)
		errors := make([]float64, len(out))
		for k, i := range out {
			p := predict(t, i, -1, nil, 0)
			sums[i], votes[i] = sums[i]+p, votes[i]+1
			errors[k] = (p - outcomes[i]) * (p - outcomes[i])
		}
		for f := range factors {
			from := slices.Clone(out)
			r.Shuffle(len(from), func(a, b int) { from[a], from[b] = from[b], from[a] })
			for k, i := range out {
				p := predict(t, i, f, from, k)
				grown[f] += (p-outcomes[i])*(p-outcomes[i]) - errors[k]
			}
		}
	}
	im.Shares = make([]float64, len(factors))
	total := 0.0
	for f, g := range grown {
		im.Shares[f] = max(g, 0)
		total += im.Shares[f]
	}
	for f := range im.Shares {
		if total > 0 {
			im.Shares[f] /= total
		}
	}
	wrong, known := 0.0, 0
	for i, v := range votes {
		if v > 0 {
			d := sums[i]/float64(v) - outcomes[i]
			wrong, known = wrong+d*d, known+1
		}
	}
	im.Fit = 1 - wrong/float64(known)/variance
	return im, true
}

func moments(v []float64) (mean, variance float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		variance += (x - mean) * (x - mean) / float64(len(v))
	}
	return mean, variance
}

// node is a node of a tree; a leaf has no children.
type node struct {
	mean        float64
	factor      int
	at          float64 // left: values up to it, or the choice that equals it
	left, right *node
}

func (t *node) predict(row []float64, factors []Factor) float64 {
	for t.left != nil {
		if factors[t.factor].left(row[t.factor], t.at) {
			t = t.left
		} else {
			t = t.right
		}
	}
	return t.mean
}

// grow makes the tree of some rows, each split where the squared error falls most.
func grow(factors []Factor, y []float64, rows []int) *node {
	t := &node{}
	var sum float64
	for _, i := range rows {
		sum += y[i]
	}
	n := float64(len(rows))
	t.mean = sum / n
	best := 1e-12 * math.Abs(sum) // of sums of squares: what a split must gain
	found := false
	consider := func(f int, at, leftSum, leftCount float64) {
		if leftCount < leaf || n-leftCount < leaf {
			return
		}
		gain := leftSum*leftSum/leftCount + (sum-leftSum)*(sum-leftSum)/(n-leftCount) - sum*sum/n
		if gain > best {
			best, found, t.factor, t.at = gain, true, f, at
		}
	}
	sorted := slices.Clone(rows)
	for f, factor := range factors {
		slices.SortStableFunc(sorted, func(a, b int) int { return cmp.Compare(factor.Values[a], factor.Values[b]) })
		leftSum, leftCount := 0.0, 0.0
		for k, i := range sorted {
			leftSum, leftCount = leftSum+y[i], leftCount+1
			if k+1 < len(sorted) && factor.Values[sorted[k+1]] == factor.Values[i] {
				continue
			}
			if at := factor.Values[i]; !factor.Ordered {
				consider(f, at, leftSum, leftCount)
				leftSum, leftCount = 0, 0
			} else if k+1 < len(sorted) {
				consider(f, at+(factor.Values[sorted[k+1]]-at)/2, leftSum, leftCount)
			}
		}
	}
	if !found {
		return t
	}
	var left, right []int
	for _, i := range rows {
		if factors[t.factor].left(factors[t.factor].Values[i], t.at) {
			left = append(left, i)
		} else {
			right = append(right, i)
		}
	}
	if len(left) == 0 || len(right) == 0 { // numbers so near that nothing is between them
		return t
	}
	t.left, t.right = grow(factors, y, left), grow(factors, y, right)
	return t
}
