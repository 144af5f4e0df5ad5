package result

import (
	"fmt"
	"os"
	"strings"
)

// life returns a text that no other process has, also none that gets the same number later
// or after a restart of the machine: the start of the machine, and the process's start since
// then. It is "" if it is unknown. ended reports that the process has ended and its parent
// has not asked for its status yet, which it may never do in a container.
func life(pid int) (mark string, ended bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	// The fields after the name, which may contain spaces and parentheses: proc(5).
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const state, start = 0, 19
	if len(fields) <= start {
		return "", false
	}
	ended = strings.ContainsAny(fields[state], "ZXx")
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", ended
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[start], ended
}
