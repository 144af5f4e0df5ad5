package weights

import (
	"crypto/md5"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/gonst/workbench/weights/internal/vgg"
)

//go:embed catalogue.json
var catalogueText []byte

// Entry describes a published file of trained weights.
type Entry struct {
	Name      string   `json:"name"`
	Network   string   `json:"network"`   // the network of the filters, as in nst.Open
	File      string   `json:"file"`      // the name under which it is published and stored
	Addresses []string `json:"addresses"` // the first is the project's own, mirrors follow
	// Safetensors are addresses of the same tensors in a safetensors file. Only the
	// convolutions are fetched from it, if the server supports ranges.
	Safetensors []string `json:"safetensors"`
	Size        int64    `json:"size"` // in bytes; 0 if unknown
	MD5         string   `json:"md5"`  // in hex digits, or empty
	// SHA256 is the digest in hex digits, or its beginning, or empty. PyTorch publishes
	// the first eight digits in the file's name.
	SHA256      string `json:"sha256"`
	Preprocess  string `json:"preprocess"` // "caffe" or "torchvision"
	Known       string `json:"known"`      // the name in the forward checksum; empty if the checksum does not know the weights
	License     string `json:"license"`
	Attribution string `json:"attribution"`
	Note        string `json:"note"`
}

// Files returns the possible names of the file: the published name, and the entry's own
// name, which a conversion has.
func (e Entry) Files() []string { return []string{e.File, e.Name + ".safetensors"} }

// Amount describes the size of a download in words: the size of the convolutions alone
// if a server may send parts of a safetensors file, and the size of the whole file. It
// is empty if the size is unknown.
func (e Entry) Amount() string {
	var texts []string
	if len(e.Safetensors) > 0 {
		texts = append(texts, fmt.Sprintf("%d MB", convolutionBytes(e.Network)/1e6))
	}
	if e.Size > 0 {
		texts = append(texts, fmt.Sprintf("%d MB", e.Size/1e6))
	}
	return strings.Join(texts, " or ")
}

// convolutionBytes returns the size of a network's convolutions in float32.
func convolutionBytes(network string) int64 {
	n := 0
	for _, l := range vgg.Layers(network) {
		n += l.Out * (9*l.In + 1)
	}
	return 4 * int64(n)
}

// Catalogue lists the files that package fetch can download.
func Catalogue() []Entry {
	var all []Entry
	if err := json.Unmarshal(catalogueText, &all); err != nil {
		panic(err) // the tests read the same text
	}
	return all
}

// Find returns the entry with that name. If there is none, the error gives the nearest
// name.
func Find(name string) (Entry, error) {
	var names []string
	near, best := "", 4 // with more than three changes it is another name
	for _, e := range Catalogue() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
		if d := levenshtein.ComputeDistance(strings.ToLower(name), e.Name); d < best {
			near, best = e.Name, d
		}
	}
	hint := ""
	if near != "" {
		hint = fmt.Sprintf("did you mean %s? ", near)
	}
	return Entry{}, fmt.Errorf("weights: no %q in the catalogue: %sit has %s", name, hint, strings.Join(names, ", "))
}

// ErrDigest reports that a file is not the published one.
var ErrDigest = errors.New("not the published file")

// Verify checks that a file is the published one by its size and its digest. If it is
// not, the error wraps ErrDigest.
func (e Entry) Verify(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	if e.Size > 0 && info.Size() != e.Size {
		return &Error{File: path, Err: fmt.Errorf("%w of %s: it has %d bytes, the published file has %d", ErrDigest, e.Name, info.Size(), e.Size)}
	}
	sums := []struct {
		name, want string
		hash.Hash
	}{{"MD5", e.MD5, md5.New()}, {"SHA-256", e.SHA256, sha256.New()}}
	if _, err := io.Copy(io.MultiWriter(sums[0], sums[1]), f); err != nil {
		return &Error{File: path, Err: err}
	}
	for _, s := range sums {
		if got := fmt.Sprintf("%x", s.Sum(nil)); !strings.HasPrefix(got, s.want) {
			return &Error{File: path, Err: fmt.Errorf("%w of %s: its %s begins with %s, that of the published file with %s", ErrDigest, e.Name, s.name, got[:8], s.want[:8])}
		}
	}
	return nil
}
