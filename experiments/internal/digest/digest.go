// Package digest computes SHA-256 digests of files in hexadecimal.
package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// Cache stores the SHA-256 of files, in hexadecimal.
type Cache map[string]string

// Of returns the digest of the file at a path.
func (h Cache) Of(path string) (string, error) {
	if sum, ok := h[path]; ok {
		return sum, nil
	}
	sum, err := File(path)
	if err == nil {
		h[path] = sum
	}
	return sum, err
}

// File returns the SHA-256 of a file in hexadecimal.
func File(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Bytes returns the SHA-256 of data in hexadecimal.
func Bytes(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
