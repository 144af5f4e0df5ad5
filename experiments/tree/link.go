package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// DeadLink names, for an error's text, the symbolic link on a path that leads to nothing: the
// system says of it that it does not exist, or that it exists. It returns "" if there is none.
func DeadLink(path string) string {
	for ; ; path = filepath.Dir(path) {
		if to, err := os.Readlink(path); err == nil {
			if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
				return fmt.Sprintf(" (%s is a link to %s, which does not exist)", path, to)
			}
		}
		if filepath.Dir(path) == path {
			return ""
		}
	}
}
