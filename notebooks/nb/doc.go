// Package nb displays results in notebooks: a panel that follows a run, grids of
// pictures, differences, curves, feature maps, Gram matrices and tables. Each value is
// displayed if it is the last value of a cell. String returns a plain-text form for
// terminals and tests.
//
// The same code runs outside a notebook: then nothing is displayed unless the code
// requests it, and [Context] is never cancelled.
package nb
