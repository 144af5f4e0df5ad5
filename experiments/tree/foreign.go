package tree

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Files that are no TOML, and the slips that their errors alone do not explain.

// magics are the first bytes of files that a user may name instead of a configuration.
var magics = []struct{ start, what string }{
	{"\xff\xd8\xff", "a JPEG picture"},
	{"\x89PNG", "a PNG picture"},
	{"GIF8", "a GIF picture"},
	{"II*\x00", "a TIFF picture"},
	{"MM\x00*", "a TIFF picture"},
	{"%PDF", "a PDF document"},
	{"PK\x03\x04", "a zip archive"},
	{"\x1f\x8b", "a gzip archive"},
	{"\x89HDF", "an HDF5 file"},
	{"\xff\xfe", "a text in UTF-16"},
	{"\xfe\xff", "a text in UTF-16"},
	{"version https://git-lfs", "a pointer of Git LFS"},
	{"<!doctype html", "a web page"},
	{"<html", "a web page"},
	{"{", "JSON"},
}

// foreign says what bytes are if they cannot be TOML. It returns an empty text if they
// can.
func foreign(data []byte) string {
	head := bytes.TrimLeft(data[:min(len(data), 512)], " \t\r\n")
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.start)) || m.start[0] == '<' && len(head) > len(m.start) && strings.EqualFold(string(head[:len(m.start)]), m.start) {
			return m.what
		}
	}
	switch {
	case len(head) > 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return "a WebP picture"
	case bytes.IndexByte(data, 0) >= 0:
		return "a file that is no text"
	case !utf8.Valid(data):
		return "a text that is not UTF-8"
	}
	return ""
}

// wantConfig is what is accepted instead of a file of another kind.
func wantConfig(what string) string {
	switch {
	case strings.HasSuffix(what, "picture"):
		return "a TOML file, or a picture that nst has made; `nst paint CONTENT STYLE` paints a picture without a configuration"
	case strings.HasPrefix(what, "a text"):
		return "a TOML file, saved as UTF-8"
	}
	return "a TOML file"
}

// escapeWant is what to write instead of a path in double quotes.
const escapeWant = `a path in '…', where \ is an ordinary character, or with / in place of \`

// hint explains a syntax error in a line of a text.
func hint(text string, line int) string {
	lines := strings.Split(text, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	if l := lines[line-1]; strings.Contains(l, `\`) && strings.Contains(l, `"`) {
		return escapeWant
	}
	if yaml.MatchString(lines[line-1]) {
		return "KEY = VALUE: TOML has = where YAML has a colon, and [TABLE] where YAML indents"
	}
	return ""
}

var yaml = regexp.MustCompile(`^\s*[\w.-]+:(\s|$)`)

// EscapedPath reports a path in which an escape has become a control character:
// "C:\new" has a line break. It returns empty texts for other paths.
func EscapedPath(path string) (found, want string) {
	if !strings.ContainsFunc(path, unicode.IsControl) {
		return "", ""
	}
	return "a path with a control character, " + WriteString(path), escapeWant
}
