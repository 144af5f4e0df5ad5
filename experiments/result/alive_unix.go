//go:build unix

package result

import "syscall"

// alive reports whether a process with that number exists, as far as the system tells.
func alive(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }
