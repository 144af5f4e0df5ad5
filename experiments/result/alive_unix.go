//go:build unix

package result

import "syscall"

// alive reports whether there is a process of that number, as far as can be told.
func alive(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }
