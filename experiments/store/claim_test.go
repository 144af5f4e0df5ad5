package store

import (
	"os"
	"path/filepath"
	"testing"
)

// Whoever publishes the last run at hand removes the empty directory of all
// attempts; somebody may be about to make another run's in it at that moment.
func TestClaimWhileTheDirectoryOfAttemptsGoesAway(t *testing.T) {
	attempts := filepath.Join(t.TempDir(), "exp", ".attempts")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				os.Remove(attempts)
			}
		}
	}()
	for range 300 {
		run := filepath.Join(attempts, "run")
		c, err := Take(run)
		if err != nil {
			t.Errorf("claim: %v", err)
			break
		}
		c.Release()
		os.RemoveAll(run)
	}
	close(stop)
	<-stopped
}
