// Package prefix makes errors that begin with the name of the package that the caller
// called. The prefix occurs once, even if an error passes through several packages.
package prefix

import (
	"fmt"
	"strings"
)

// packages lists the prefixes of the public libraries.
var packages = []string{"nst: ", "measure: ", "weights: "}

// Errorf is fmt.Errorf with a package's prefix, for example "nst: "; it may be empty. It removes the prefixes
// of errors among the arguments; errors.Is and errors.As still find these errors.
func Errorf(prefix, format string, args ...any) error {
	for i, a := range args {
		if err, ok := a.(error); ok {
			args[i] = bare{err}
		}
	}
	return fmt.Errorf(prefix+format, args...)
}

// Text returns the text of an error without its package's prefix.
func Text(err error) string { return Trim(err.Error()) }

// Trim removes a package's prefix from the text of an error.
func Trim(text string) string {
	for _, p := range packages {
		if rest, ok := strings.CutPrefix(text, p); ok {
			return rest
		}
	}
	return text
}

// bare is an error without its package's prefix.
type bare struct{ error }

func (b bare) Error() string { return Text(b.error) }

func (b bare) Unwrap() error { return b.error }
