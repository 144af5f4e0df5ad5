package nst

import (
	"errors"
	"strings"

	"github.com/gonst/workbench/internal/prefix"
)

// Kinds of image errors. An *ImageError wraps one of them or the operating system's
// error; errors.Is finds both.
var (
	ErrImageTooLarge = errors.New("nst: image too large")
	ErrImageTooSmall = errors.New("nst: image too small")
	ErrImageFormat   = errors.New("nst: not an image that can be read")
	ErrImageDamaged  = errors.New("nst: damaged image")
	ErrImageOption   = errors.New("nst: wrong image option")
)

// ImageError is an error about an image: the operation, the file, what was found, and
// what is accepted.
type ImageError struct {
	Op    string // "load", "decode", "resize", "save", "encode" or "check"
	Path  string // the file; empty if there is none
	Err   error  // one of the errors above, or the cause
	Found string // what was found; may be empty
	Fix   string // what is accepted; may be empty
}

func (e *ImageError) Error() string {
	var b strings.Builder
	b.WriteString("nst: " + e.Op)
	if e.Path != "" {
		b.WriteString(" " + e.Path)
	}
	if e.Err != nil {
		b.WriteString(": " + prefix.Text(e.Err))
	}
	if e.Found != "" {
		b.WriteString(": " + e.Found)
	}
	if e.Fix != "" {
		b.WriteString("; " + e.Fix)
	}
	return b.String()
}

func (e *ImageError) Unwrap() error { return e.Err }

// imageErrorAt sets the operation and the path of an image error. The caller knows the
// file; the function that found the fault does not.
func imageErrorAt(err error, op, path string) error {
	var e *ImageError
	if !errors.As(err, &e) {
		return &ImageError{Op: op, Path: path, Err: err}
	}
	at := *e
	at.Op, at.Path = op, path
	return &at
}
