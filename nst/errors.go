package nst

import (
	"fmt"
	"strings"
)

const prefix = "nst: "

// errorf is fmt.Errorf with the package's prefix, which errors among the arguments lose:
// it stands once, before all.
func errorf(format string, args ...any) error {
	for i, a := range args {
		if err, ok := a.(error); ok {
			args[i] = bare{err}
		}
	}
	return fmt.Errorf(prefix+format, args...)
}

// bare is an error without the package's prefix.
type bare struct{ error }

func (b bare) Error() string { return strings.TrimPrefix(b.error.Error(), prefix) }
func (b bare) Unwrap() error { return b.error }
