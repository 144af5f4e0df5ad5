//go:build !linux || !amd64 || purego

package simd

import "errors"

var errAMX = errors.New("AMX is used on Linux and amd64 only, and not in builds with the tag purego")

func amx() error { return errAMX }
