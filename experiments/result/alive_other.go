//go:build !unix && !windows

package result

// alive would report whether there is a process of that number; here nobody can tell.
func alive(int) bool { return true }
