package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// address matches a web address that was taken as a path; then a directory may stand before
// it, and its two slashes may have become one.
var address = regexp.MustCompile(`(^|[/\\])(https?|ftp|s3|gs):[/\\]`)

// WhyMissing says, for an error's text, why a path leads to nothing. It names the symbolic link
// on it that leads to nothing, of which the system says that it does not exist, or that
// it exists; or it says that the path is a web address. It returns "" if it knows no reason.
func WhyMissing(path string) string {
	whole := path
	for ; ; path = filepath.Dir(path) {
		if to, err := os.Readlink(path); err == nil {
			if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
				return fmt.Sprintf(" (%s is a link to %s, which does not exist)", path, to)
			}
		}
		if filepath.Dir(path) == path {
			break
		}
	}
	if _, err := os.Lstat(whole); err != nil && address.MatchString(whole) {
		return " (a web address: download the file, and name the copy)"
	}
	return ""
}
