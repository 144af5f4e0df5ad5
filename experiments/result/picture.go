package result

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gonst/workbench/experiments/internal/mistake"
)

// Every picture of a run states what it was made from, in two texts of the PNG: the
// run's configuration, and its identity with the digests of the input files. Both texts
// are independent of the machine and of the time.

// Keywords of a picture's texts.
const (
	PictureConfig = "nst-config" // TOML; files are named without their directories
	PictureRun    = "nst-run"    // JSON: Recipe without its Config
)

// Recipe is the content of a picture's texts.
type Recipe struct {
	Format    int    `json:"format"`
	ID        string `json:"id"`        // the run's identity
	Numerical string `json:"numerical"` // the engine's numerical version
	Files     []File `json:"files"`     // with their sizes, and named as in Config
	Config    string `json:"-"`         // TOML; it can be run if the files are found
}

// ErrNoRecipe reports that a picture does not state what it was made from.
var ErrNoRecipe = mistake.Errorf("the picture has no configuration")

// Texts returns the texts of a picture by keyword.
func (r Recipe) Texts() (map[string]string, error) {
	r.Format = Format
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("%s: %w", PictureRun, err)
	}
	return map[string]string{PictureRun: strings.TrimSuffix(b.String(), "\n"), PictureConfig: r.Config}, nil
}

// IsPicture reports whether a file begins like a PNG.
func IsPicture(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return false
	}
	head := make([]byte, len(signature))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == signature
}

// ReadRecipe reads the recipe in a PNG file. It returns ErrNoRecipe if there is none,
// and ErrIncompatible if the recipe has another version's format.
func ReadRecipe(path string) (*Recipe, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, mistake.Errorf("%s is not a regular file", path)
	}
	r, err := ParseRecipe(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// ParseRecipe is ReadRecipe for a stream. It reads only as far as necessary.
func ParseRecipe(r io.Reader) (*Recipe, error) {
	texts, err := pictureTexts(r, PictureRun, PictureConfig)
	about, config := texts[PictureRun], texts[PictureConfig]
	switch {
	case about == "" || config == "":
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: nst did not make it, or another program saved it without its text", ErrNoRecipe)
	case len(config) > maxConfigBytes:
		return nil, fmt.Errorf("the text %s of the picture is larger than %d MiB", PictureConfig, maxConfigBytes>>20)
	}
	recipe := new(Recipe)
	if err := json.Unmarshal([]byte(about), recipe); err != nil {
		return nil, fmt.Errorf("the text %s of the picture: %w", PictureRun, err)
	}
	if err := checkFormat("the text "+PictureRun+" of the picture", recipe.Format); err != nil {
		return nil, err
	}
	if len(recipe.Files) > maxFiles {
		return nil, fmt.Errorf("the text %s of the picture names %d files; at most %d are accepted", PictureRun, len(recipe.Files), maxFiles)
	}
	recipe.Config = config
	return recipe, nil
}

const (
	signature = "\x89PNG\r\n\x1a\n"

	maxText  = maxConfigBytes + 1 // of one text, both as stored and as unpacked
	maxFiles = 1000               // largest number of files that a run is made from
)

// pictureTexts reads a PNG's chunks (PNG, third edition, 5.3 and 11.3.3) until it has
// the texts with these keywords, or until the file ends. It reads tEXt, zTXt and iTXt,
// because other programs compress texts when they save. It reports only errors that
// occur before all texts are read, and then also returns the complete texts.
func pictureTexts(r io.Reader, keywords ...string) (map[string]string, error) {
	in := bufio.NewReader(r)
	head := make([]byte, len(signature))
	if _, err := io.ReadFull(in, head); err != nil || string(head) != signature {
		return nil, mistake.Errorf("not a PNG file")
	}
	texts := map[string]string{}
	for len(texts) < len(keywords) {
		var lead [8]byte // length and type
		if _, err := io.ReadFull(in, lead[:]); err != nil {
			return texts, fmt.Errorf("the PNG file is cut off: %w", err)
		}
		length, kind := binary.BigEndian.Uint32(lead[:4]), string(lead[4:])
		if length > 1<<31-1 {
			return texts, fmt.Errorf("the PNG file is damaged: a chunk %q of %d bytes", kind, length)
		}
		if kind == "IEND" {
			return texts, nil
		}
		if kind != "tEXt" && kind != "zTXt" && kind != "iTXt" || length > maxText+1024 {
			if _, err := io.CopyN(io.Discard, in, int64(length)+4); err != nil {
				return texts, fmt.Errorf("the PNG file is cut off: %w", err)
			}
			continue
		}
		var data bytes.Buffer // grows with the actual data, not with the stated length
		if _, err := io.CopyN(&data, in, int64(length)+4); err != nil {
			return texts, fmt.Errorf("the PNG file is cut off: %w", err)
		}
		content := data.Bytes()[:length]
		sum := crc32.NewIEEE()
		sum.Write(lead[4:])
		sum.Write(content)
		keyword, text, ok := strings.Cut(string(content), "\x00")
		if !ok || !slices.Contains(keywords, keyword) {
			continue
		}
		if sum.Sum32() != binary.BigEndian.Uint32(data.Bytes()[length:]) {
			return texts, fmt.Errorf("the text %s of the PNG file is damaged: its checksum does not match", keyword)
		}
		text, err := unpackText(kind, text)
		if err != nil {
			return texts, fmt.Errorf("the text %s of the PNG file: %w", keyword, err)
		}
		texts[keyword] = text
	}
	return texts, nil
}

// unpackText decodes the data after a text chunk's keyword.
func unpackText(kind, rest string) (string, error) {
	packed := false
	switch kind {
	case "tEXt": // Latin-1, but only ASCII in pictures of this program
	case "zTXt":
		if len(rest) < 1 || rest[0] != 0 {
			return "", errors.New("its compression is unknown")
		}
		packed, rest = true, rest[1:]
	case "iTXt": // flag, method, language, 0, translated keyword, 0, text
		if len(rest) < 2 || rest[0] > 1 || rest[0] == 1 && rest[1] != 0 {
			return "", errors.New("its compression is unknown")
		}
		packed = rest[0] == 1
		_, rest, _ = strings.Cut(rest[2:], "\x00")
		_, rest, _ = strings.Cut(rest, "\x00")
	}
	if packed {
		z, err := zlib.NewReader(strings.NewReader(rest))
		if err != nil {
			return "", err
		}
		defer z.Close()
		plain, err := io.ReadAll(io.LimitReader(z, maxText))
		if err != nil {
			return "", err
		}
		if len(plain) == maxText {
			return "", fmt.Errorf("larger than %d MiB", maxText>>20)
		}
		rest = string(plain)
	}
	if !utf8.ValidString(rest) {
		return "", errors.New("not UTF-8")
	}
	return rest, nil
}
