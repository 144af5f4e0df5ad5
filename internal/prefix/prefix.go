// Package prefix makes errors that begin with the name of the package that the caller
// called. The prefix occurs once, even if an error passes through several packages.
package prefix

import (
	"fmt"
	"strings"
)

// packages lists the prefixes of the public libraries.
var packages = []string{"nst: ", "measure: ", "weights: "}

// Errorf is fmt.Errorf with a package's prefix, for example "nst: ". It removes the prefixes
// of errors among the arguments; errors.Is and errors.As still find these errors.
func Errorf(prefix, format string, args ...any) error {
	for i, a := range args {
		if err, ok := a.(error); ok {
			args[i] = bare{err}
		}
	}
	return fmt.Errorf(prefix+format, args...)
}

// bare is an error without its package's prefix.
type bare struct{ error }

func (b bare) Error() string {
	text := b.error.Error()
	for _, p := range packages {
		if rest, ok := strings.CutPrefix(text, p); ok {
			return rest
		}
	}
	return text
}

func (b bare) Unwrap() error { return b.error }
