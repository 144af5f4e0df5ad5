package tree

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

func encoded16(s string) string {
	b := "\xff\xfe"
	for _, u := range utf16.Encode([]rune(s)) {
		b += string([]byte{byte(u), byte(u >> 8)})
	}
	return b
}

// A file of another kind is named, and an escape that spoils a path is explained.
func TestForeignFiles(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"\xff\xd8\xff\xe0\x00\x10JFIF":              "found a JPEG picture; expected a TOML file, or a picture that nst has made; `nst paint",
		"\xff\xd8\xff" + strings.Repeat("x", 5<<20): "found a JPEG picture",
		"GIF89a":                       "found a GIF picture",
		"RIFF\x10\x00\x00\x00WEBPVP8 ": "found a WebP picture",
		"PK\x03\x04":                   "found a zip archive; expected a TOML file",
		"\n<!DOCTYPE html>\n<html>":    "found a web page",
		"version https://git-lfs.github.com/spec/v1\n": "found a pointer of Git LFS",
		encoded16("a = 1\n"):                           "found a text in UTF-16; expected a TOML file, saved as UTF-8",
		"a = 'gr\xf6\xdfe'":                            "found a text that is not UTF-8; expected a TOML file, saved as UTF-8",
		"\x00\x01\x02":                                 "found a file that is no text",
		"a = 1\n" + strings.Repeat("#", 4<<20):         "bytes; expected a TOML file of at most",
		"a = \"C:\\Users\\jo\"":                        "f:1:6: a: found broken TOML: expected eight hexadecimal digits after '\\U', but got \"C:\\\\Us\" instead; expected a path in '…'",
		"a = 1\nb = \"C:\\pictures\\x.png\"":           "expected a path in '…', where \\ is an ordinary character, or with / in place of \\",
		"b = \"C:\\\"\n[c]\n":                          "expected a path in '…'",
		"a = 99999999999999999999\n":                   "f:1:5: a: found the number 99999999999999999999, which is too large for any key; expected a whole number of at most 9223372036854775807",
		"a = 1e400\n":                                  "f:1:5: a: found the number 1e400, which is too large for any key; expected a number of at most 1.8e+308",
		" {\"images\": {}}\n":                          "found JSON; expected a TOML file",
		"images:\n  content: a.png\n":                  "f:1:7: found broken TOML: expected '.' or '=', but got ':' instead; expected KEY = VALUE: TOML has = where YAML has a colon",
		"a = [\n":                                      "found broken TOML: unexpected EOF",
		"\ufeffa = 1\n":                                "",
		"a = 'C:\\Users\\jo'\n":                        "",
	} {
		file := filepath.Join(dir, "f")
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		p := &Problems{}
		Read(file, p)
		if err := p.Err(); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.40q: said %v, want %q", text, err, want)
		}
	}
}
