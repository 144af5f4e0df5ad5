// Package mistake marks the errors that the user corrects on the command line or in a
// configuration. Every other error is a failure: of the disk, the network, or a run.
package mistake

import (
	"errors"

	"github.com/gonst/workbench/internal/prefix"
)

// An Error is a mistake. Any error with this method is one.
type Error interface {
	error
	Mistake()
}

type marked struct{ error }

func (m marked) Mistake()      {}
func (m marked) Unwrap() error { return m.error }

// Errorf is prefix.Errorf without a prefix, and marks the error.
func Errorf(format string, args ...any) error { return marked{prefix.Errorf("", format, args...)} }

// Mark marks an error. It returns nil for nil.
func Mark(err error) error { return marked{err} }

// Is reports whether err, or an error that it wraps, is a mistake.
func Is(err error) bool {
	var m Error
	return errors.As(err, &m)
}
