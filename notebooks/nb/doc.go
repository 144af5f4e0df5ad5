// Package nb is what notebooks show: a panel that follows a run while it runs,
// grids of pictures, differences, curves, feature maps, Gram matrices and
// tables. Everything shows itself when it is the last value of a cell, and has
// a plain-text form for terminals and for tests (String).
//
// Outside a notebook the same code runs: nothing is shown unless asked for,
// and [Context] is never cancelled.
package nb
