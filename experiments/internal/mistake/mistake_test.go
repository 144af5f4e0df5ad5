package mistake_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/tree"
)

func TestIs(t *testing.T) {
	sentinel := mistake.Errorf("no such thing")
	wrapped := fmt.Errorf("x: %w", sentinel)
	for _, err := range []error{sentinel, wrapped, errors.Join(fs.ErrClosed, wrapped), mistake.Mark(fs.ErrInvalid), tree.Errors{{File: "x.toml"}}} {
		if !mistake.Is(err) {
			t.Errorf("%v is not taken for a mistake", err)
		}
	}
	if mistake.Is(fs.ErrInvalid) || mistake.Is(nil) {
		t.Error("a failure is taken for a mistake")
	}
	if !errors.Is(wrapped, sentinel) || !errors.Is(mistake.Mark(fs.ErrInvalid), fs.ErrInvalid) {
		t.Error("the mark hides the error")
	}
}
