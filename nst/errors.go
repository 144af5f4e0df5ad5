package nst

import "github.com/gonst/workbench/internal/prefix"

// errorf is fmt.Errorf with the package's prefix. It removes the prefix from errors among
// the arguments, so that the message has it once, at its beginning.
func errorf(format string, args ...any) error { return prefix.Errorf("nst: ", format, args...) }
