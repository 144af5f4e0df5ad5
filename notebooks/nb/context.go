package nb

import (
	"context"

	"github.com/gonst/workbench/notebooks/internal/host"
)

// Context is cancelled when the notebook's user interrupts a cell. A run that
// is given it then ends with what it has so far:
//
//	result, err := t.Run(nb.Context(), nb.Live())
//
// The next call gives a fresh one. Outside a notebook it is never cancelled.
func Context() context.Context { return host.Context() }
