//go:build linux

package weights

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk is a disk of 4 kB in memory; to make one takes root.
func smallDisk(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4k"); err != nil {
		t.Skipf("no small disk can be made: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// A disk that is full: the error says so, nothing gets the name, and with room the same
// call goes on where it was.
func TestFetchOntoAFullDisk(t *testing.T) {
	disk := smallDisk(t)
	data, inParts := withClassifier(t, nil)
	address, _ := serve(t, whole(data, `"1"`))
	atOnce := inParts
	inParts.Safetensors = []string{address}
	atOnce.Addresses, atOnce.SHA256 = []string{address}, fmt.Sprintf("%x", sha256.Sum256(data))
	for name, e := range map[string]Entry{"at once": atOnce, "in parts": inParts} {
		o := quickly(disk)
		_, err := Fetch(t.Context(), e, o)
		if err == nil || !strings.Contains(err.Error(), "no space left on device; is there room for it?") {
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
		path, err := Fetch(t.Context(), e, o)
		if err != nil {
			t.Fatalf("%s, with room: %v", name, err)
		}
		os.Remove(path)
		if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=4k"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConvertOntoAFullDisk(t *testing.T) {
	disk := smallDisk(t)
	out := filepath.Join(disk, "out.safetensors")
	if err := Convert("../nst/testdata/torchvision/vgg16.pth", out); err == nil || !strings.Contains(err.Error(), "out.safetensors is not written") || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("error %v", err)
	}
	names(t, disk)
}
