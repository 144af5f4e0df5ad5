package store

import (
	"os"
	"path/filepath"
	"testing"
)

// A process that publishes the last run removes the empty directory of all attempts.
// Another process may create an attempt in it at the same moment.
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
