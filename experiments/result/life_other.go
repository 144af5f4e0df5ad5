//go:build !linux

package result

// life would return a text that no other process has. Here this is unknown.
func life(int) (mark string, ended bool) { return "", false }
