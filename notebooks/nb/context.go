package nb

import (
	"context"

	"github.com/gonst/workbench/notebooks/internal/host"
)

// Context is cancelled when the notebook's user interrupts a cell. A run with this
// context then ends and returns its result so far:
//
//	result, err := t.Run(nb.Context(), nb.Live())
//
// The next call returns a new context. Outside a notebook it is never cancelled.
func Context() context.Context { return host.Context() }
