//go:build linux

package fetch

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gonst/workbench/weights"
	"github.com/gonst/workbench/weights/internal/weightstest"
)

// If the disk is full, the error says so and no file gets the name. When there is
// space, the same call resumes.
func TestFetchOntoAFullDisk(t *testing.T) {
	disk := weightstest.SmallDisk(t)
	data, inParts := withClassifier(t, nil)
	address, _ := serve(t, whole(data, `"1"`))
	atOnce := inParts
	inParts.Safetensors = []string{address}
	atOnce.Addresses, atOnce.SHA256 = []string{address}, fmt.Sprintf("%x", sha256.Sum256(data))
	for name, e := range map[string]weights.Entry{"at once": atOnce, "in parts": inParts} {
		o := quickly(disk)
		_, err := Get(t.Context(), e, o)
		if err == nil || !strings.Contains(err.Error(), "no space left on device; is the disk full?") {
			t.Errorf("%s: error %v", name, err)
		}
		for _, file := range e.Files() {
			if _, err := os.Stat(filepath.Join(disk, file)); err == nil {
				t.Errorf("%s: %s got its name", name, file)
			}
		}
		if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=8m"); err != nil {
			t.Fatal(err)
		}
		path, err := Get(t.Context(), e, o)
		if err != nil {
			t.Fatalf("%s, with room: %v", name, err)
		}
		os.Remove(path)
		if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=4k"); err != nil {
			t.Fatal(err)
		}
	}
}
