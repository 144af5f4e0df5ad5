package cmd

import (
	"strings"
	"syscall"
)

// mount makes a small disk in memory; it takes root.
func mount(dir, options string) error {
	flags := uintptr(0)
	if rest, ok := strings.CutPrefix(options, "remount,"); ok {
		flags, options = syscall.MS_REMOUNT, rest
	}
	return syscall.Mount("tmpfs", dir, "tmpfs", flags, options)
}

func unmount(dir string) { syscall.Unmount(dir, syscall.MNT_DETACH) }
