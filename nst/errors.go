package nst

import "github.com/gonst/workbench/internal/prefix"

// errorf is fmt.Errorf with the package's prefix, which errors among the arguments lose:
// it stands once, before all.
func errorf(format string, args ...any) error { return prefix.Errorf("nst: ", format, args...) }
