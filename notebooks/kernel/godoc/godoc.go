// Package godoc keeps the documentation of the packages that cells can import, for the
// notebook's help on names. Write collects it from the packages' sources when the kernel
// is built; a Library reads it in the kernel.
package godoc

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
)

// Package is the documentation of one package.
type Package struct {
	Path, Name string
	Entry
	// Names holds the exported names: "Open", "Transfer", and also "Transfer.Run" and
	// "Transfer.Steps" for the methods and fields of a type.
	Names map[string]Entry
}

// Entry is the documentation of one name.
type Entry struct {
	Decl     string `json:",omitempty"` // the declaration as Go source
	Text     string `json:",omitempty"` // the doc comment as plain text
	Markdown string `json:",omitempty"` // the doc comment as Markdown
}

// Library is what Write has written. Packages are read when they are first needed.
type Library struct {
	mu    sync.Mutex
	files map[string]*zip.File
	read  map[string]*Package
}

// Open opens the content of a file that Write has written.
func Open(content []byte) (*Library, error) {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, fmt.Errorf("godoc: %w", err)
	}
	l := &Library{files: map[string]*zip.File{}, read: map[string]*Package{}}
	for _, f := range z.File {
		l.files[f.Name] = f
	}
	return l, nil
}

// Package returns the package with this path, or nil if its documentation is not known.
func (l *Library) Package(path string) *Package {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.read[path]; ok {
		return p
	}
	f, ok := l.files[path]
	if !ok {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	p := &Package{}
	if err := json.NewDecoder(r).Decode(p); err != nil {
		return nil
	}
	l.read[path] = p
	return p
}

// Find returns the entry of a name of a package. The name is as in Package.Names.
func (l *Library) Find(path, name string) (Entry, bool) {
	p := l.Package(path)
	if p == nil {
		return Entry{}, false
	}
	e, ok := p.Names[name]
	return e, ok
}
