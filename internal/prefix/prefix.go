// Package prefix makes errors that begin with the name of the package that a caller called,
// and with no other, however many packages an error has passed.
package prefix

import (
	"fmt"
	"strings"
)

// packages are the libraries that a caller can see.
var packages = []string{"nst: ", "measure: ", "weights: "}

// Errorf is fmt.Errorf with a package's prefix, "nst: " for example. Errors among the
// arguments lose theirs, and are still found by errors.Is and errors.As.
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
