// Package bindings tells the notebooks' interpreter which compiled packages
// there are: importing it fills gomacro's table (imports.Packages), from which
// an import in a cell is then served in no time and without the go command.
//
// All other files are written by the program in generate; the packages are
// listed there. What has type parameters cannot be bound, since the
// interpreter knows none; each file names what was left out and why.
//
// On other systems than Linux and macOS the package is empty: gomacro does not
// build there.
package bindings

//go:generate go run ./generate -o .
