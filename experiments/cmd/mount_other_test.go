//go:build !linux

package cmd

import "errors"

func mount(string, string) error { return errors.ErrUnsupported }
func unmount(string)             {}
