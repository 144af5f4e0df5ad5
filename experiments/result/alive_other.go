//go:build !unix && !windows

package result

// alive would report whether a process with that number exists. Here this is unknown.
func alive(int) bool { return true }
