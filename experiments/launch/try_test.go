package launch

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/internal/planned"
)

// TestStepTime measures several runs at a time, and gives up where they cannot be built
// or are cancelled.
func TestStepTime(t *testing.T) {
	p, _ := planned.Small(t)
	c := p.Runs[0].Config
	if d, err := stepTime(t.Context(), c, 2, 1); runtime.GOOS == "windows" {
		t.Logf("the clock is coarse: %v, %v", d, err)
	} else if err != nil || d <= 0 || d > 10*time.Second {
		t.Errorf("%v, %v", d, err)
	}
	gone := *c
	gone.Images.Content = "gone.png"
	if _, err := stepTime(t.Context(), &gone, 2, 1); err == nil {
		t.Error("a picture that is not there was measured")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := stepTime(ctx, c, 2, 1); err == nil {
		t.Error("a cancelled trial gave a time")
	}
}
