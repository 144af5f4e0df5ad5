//go:build linux

package weights

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gonst/workbench/weights/internal/weightstest"
)

func TestConvertOntoAFullDisk(t *testing.T) {
	disk := weightstest.SmallDisk(t)
	out := filepath.Join(disk, "out.safetensors")
	if err := Convert("../nst/testdata/torchvision/vgg16.pth", out); err == nil || !strings.Contains(err.Error(), "out.safetensors is not written") || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("error %v", err)
	}
	if left, err := os.ReadDir(disk); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
