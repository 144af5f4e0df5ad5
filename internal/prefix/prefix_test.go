package prefix_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/gonst/workbench/internal/prefix"
)

func TestErrorf(t *testing.T) {
	inner := fmt.Errorf("nst: layer %q: %w", "x", io.EOF)
	err := prefix.Errorf("measure: ", "content image %d: %w", 2, inner)
	if got, want := err.Error(), `measure: content image 2: layer "x": EOF`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if !errors.Is(err, io.EOF) || !errors.Is(err, inner) {
		t.Error("the error beneath is lost")
	}
}
