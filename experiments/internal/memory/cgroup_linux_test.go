package memory

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

func TestLimitOfGroups(t *testing.T) {
	const none = uint64(math.MaxUint64)
	for name, c := range map[string]struct {
		groups string
		files  map[string]string
		want   uint64
	}{
		"no groups":           {"", nil, none},
		"no limit":            {"0::/a\n", map[string]string{"a/memory.max": "max\n", "a/memory.current": "5\n"}, none},
		"version 2":           {"0::/a/b\n", map[string]string{"a/b/memory.max": "1000\n", "a/b/memory.current": "700\n", "a/b/memory.stat": "anon 500\ninactive_file 200\n"}, 500},
		"the group above":     {"0::/a/b\n", map[string]string{"a/b/memory.max": "max\n", "a/memory.max": "900\n", "a/memory.current": "100\n"}, 800},
		"version 1":           {"5:cpu:/a\n4:memory:/a\n0::/a\n", map[string]string{"memory/a/memory.limit_in_bytes": "1000\n", "memory/a/memory.usage_in_bytes": "400\n", "memory/a/memory.stat": "inactive_file 1\ntotal_inactive_file 100\n"}, 700},
		"the path of a host":  {"0::/docker/123\n", map[string]string{"memory.max": "1000\n", "memory.current": "1\n"}, 999},
		"more than the limit": {"0::/\n", map[string]string{"memory.max": "1000\n", "memory.current": "2000\n"}, 0},
		"broken":              {"0:/\nx\n0::/a\n", map[string]string{"a/memory.max": "many\n"}, none},
	} {
		root := t.TempDir()
		for file, text := range c.files {
			file = filepath.Join(root, file)
			if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if got := limitOfGroups(c.groups, root); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
