package memory

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// limitOfGroups returns what the control groups of a process leave to it, in bytes;
// math.MaxUint64 if they set no limit. Containers and batch systems limit memory in this
// way, which /proc/meminfo does not show. groups is the text of /proc/self/cgroup, and root
// is where the groups are mounted.
func limitOfGroups(groups, root string) uint64 {
	left := uint64(math.MaxUint64)
	for line := range strings.Lines(groups) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(parts) != 3 {
			continue
		}
		base, limit, usage, cache := root, "memory.max", "memory.current", "inactive_file"
		if parts[1] == "memory" { // version 1
			base, limit, usage, cache = filepath.Join(root, "memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
		} else if parts[1] != "" {
			continue
		}
		// Every group above limits, too. In a container the path may be that of the host,
		// of which only the end is mounted: directories that do not exist are skipped.
		for path := filepath.Clean("/" + parts[2]); ; path = filepath.Dir(path) {
			dir := filepath.Join(base, path)
			if most, ok := number(filepath.Join(dir, limit), ""); ok {
				used, _ := number(filepath.Join(dir, usage), "")
				free, _ := number(filepath.Join(dir, "memory.stat"), cache) // pages of files, which the system drops
				left = min(left, most-min(most, used-min(used, free)))
			}
			if path == "/" {
				break
			}
		}
	}
	return left
}

// number reads a number from a file, or from the line of a file that begins with a key; a unit
// may follow it.
func number(file, key string) (uint64, bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if key != "" {
			if len(fields) < 2 || fields[0] != key {
				continue
			}
			fields = fields[1:2]
		}
		if len(fields) == 1 {
			n, err := strconv.ParseUint(fields[0], 10, 64)
			return n, err == nil // "max" is no limit
		}
	}
	return 0, false
}
