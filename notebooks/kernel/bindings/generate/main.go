//go:build linux || darwin

// Command generate writes the bindings of compiled packages for the notebooks'
// interpreter, a file for each package: go generate ./notebooks/kernel/bindings.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	dir := flag.String("o", ".", "`directory` to write to; its other *.gen.go files are removed")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "generate bindings:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	files, err := generate()
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.gen.go"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if files[filepath.Base(path)] == nil {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, source := range files {
		if err := os.WriteFile(filepath.Join(dir, name), source, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the files by name.
func generate() (map[string][]byte, error) {
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps,
	}, list...)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, p := range loaded {
		for _, e := range p.Errors {
			return nil, fmt.Errorf("%s: %w", p.PkgPath, e)
		}
		source, err := bind(p.Types)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.PkgPath, err)
		}
		files[identifier(p.PkgPath)+".gen.go"] = source
	}
	return files, nil
}

// identifier makes a name for Go and for a file of a package's path.
func identifier(path string) string {
	return strings.NewReplacer("/", "_", ".", "_").Replace(strings.TrimPrefix(path, own+"/"))
}
