package search

// Pruning is a rule that stops trials early; the zero value is none.
type Pruning struct {
	Rule  string // one of Rules; empty: none
	Rungs []int  // steps after which a trial is judged, ascending, all below the run's steps
	Keep  int    // "halving": one of so many goes on from a rung
	After int    // "median": trials that a rung must have before it judges
}

// Rules are the rules of pruning.
var Rules = []string{"halving", "median"}
