// Package search chooses the next trial of a search from the trials before it: samplers,
// objectives, and rules that stop trials early. It reads and writes the journals of a search,
// and knows nothing of how runs are made.
package search

import (
	"math"
	"slices"
	"strconv"
	"time"
)

// Settings describe a search. Together with the space they determine its trials.
type Settings struct {
	Method    string // one of Methods
	Seed      uint64
	Startup   int // trials before the sampler learns from their outcomes; method "tpe"
	Objective Objective
	Budget    Budget
	Pruning   Pruning
	Votes     int // with a goal of votes: answers about each picture before the next trial is chosen
}

// Budget is when a search ends. One of its fields is set.
type Budget struct {
	Trials int
	Time   time.Duration // of the trials' steps together: no trial begins after it
}

// String returns the budget as a configuration has it: "40 runs", "1h30m0s".
func (b Budget) String() string {
	switch {
	case b.Trials > 0:
		return strconv.Itoa(b.Trials) + " runs"
	case b.Time > 0:
		return b.Time.String()
	}
	return "any number of runs"
}

// A Kind is the kind of an axis.
type Kind uint8

const (
	Linear Kind = iota // a range
	Log                // a range whose logarithm is drawn evenly
	Whole              // whole numbers of a range
	Choice             // values without order
	Steps              // values in an order, such as a list of numbers
)

// Axis is one dimension of the space.
type Axis struct {
	Kind     Kind
	Min, Max float64 // of a range
	Choices  int     // number of values of Choice and Steps
	Order    []int   // of Steps: the values in ascending order
}

// A Point is one place of the space: for each axis the value of a range, or the index of
// a choice.
type Point []float64

// cells returns the number of different values of an axis, or 0 for a continuous one.
func (a Axis) cells() int {
	switch a.Kind {
	case Choice, Steps:
		return a.Choices
	case Whole:
		return int(min(a.Max-a.Min+1, 1<<30))
	}
	return 0
}

// at returns the value at a place from 0 to 1.
func (a Axis) at(u float64) float64 {
	u = min(max(u, 0), 1)
	if n := a.cells(); n > 0 {
		i := min(int(u*float64(n)), n-1)
		switch a.Kind {
		case Whole:
			return a.Min + float64(i)
		case Steps:
			return float64(a.Order[i])
		}
		return float64(i)
	}
	v := a.Min + u*(a.Max-a.Min)
	if a.Kind == Log {
		v = math.Exp(math.Log(a.Min) + u*(math.Log(a.Max)-math.Log(a.Min)))
	}
	return a.Round(v)
}

// Round rounds a value of a continuous range to four digits. That keeps names and tables
// readable and is precise enough for a search.
func (a Axis) Round(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	return min(max(v, a.Min), a.Max)
}

// place is the inverse of at: the centre of a cell, or the place within a range.
func (a Axis) place(v float64) float64 {
	if n := a.cells(); n > 0 {
		return (a.cell(v) + 0.5) / float64(n)
	}
	if a.Kind == Log {
		return (math.Log(v) - math.Log(a.Min)) / (math.Log(a.Max) - math.Log(a.Min))
	}
	return (v - a.Min) / (a.Max - a.Min)
}

// cell returns the number of the cell of a value, in the order of the axis.
func (a Axis) cell(v float64) float64 {
	switch a.Kind {
	case Whole:
		return v - a.Min
	case Steps:
		return float64(slices.Index(a.Order, int(v)))
	}
	return v
}

// A State is how far a trial is.
type State uint8

const (
	Pending State = iota // not made, or at work
	Done
	Pruned // stopped early by the rule of Pruning
	Failed
)

// Trial is a trial of the history.
type Trial struct {
	Point  Point
	State  State
	Values []float64 // one for each goal, of a trial that is done; of a pruned one at its last rung
	Excess float64   // by how much the constraints are exceeded, 0 if all are met
}

// size returns the number of points of a space, or 0 if an axis is continuous.
func size(space []Axis) int {
	n := 1
	for _, a := range space {
		c := a.cells()
		if c == 0 {
			return 0
		}
		if n = n * c; n > 1<<20 {
			return 1 << 20
		}
	}
	return n
}

// tried reports whether a point is in the history.
func tried(history []Trial, p Point) bool {
	return slices.ContainsFunc(history, func(t Trial) bool { return slices.Equal(t.Point, p) })
}
