//go:build linux || darwin

package assist

import (
	"fmt"
	"go/ast"
	"go/token"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/cosmos72/gomacro/imports"
)

// CheckImports rejects a cell that imports a package that was not compiled into the
// kernel. The interpreter would otherwise compile it with the go command, outside any
// module.
func (c *Cell) CheckImports(nodes []ast.Node) error {
	for _, n := range nodes {
		d, ok := n.(*ast.GenDecl)
		if !ok || d.Tok != token.IMPORT {
			continue
		}
		for _, spec := range d.Specs {
			s, ok := spec.(*ast.ImportSpec)
			if !ok {
				continue
			}
			path, err := strconv.Unquote(s.Path.Value)
			if _, known := imports.Packages[path]; err == nil && !known {
				c.ir.Comp.Pos = s.Path.Pos()
				return fmt.Errorf("import %q: %s", path, notCompiledIn(path))
			}
		}
	}
	return nil
}

func notCompiledIn(path string) string {
	if write, ok := instead[path]; ok {
		return "cells cannot call its generic functions; write " + write
	}
	nearest, distance := "", 1+len(path)/3
	for candidate := range imports.Packages {
		d := levenshtein.ComputeDistance(path, candidate)
		if strings.HasSuffix(candidate, "/"+path) {
			d = 1 // its name without the module
		}
		if d < distance || d == distance && candidate < nearest {
			nearest, distance = candidate, d
		}
	}
	if nearest != "" {
		return fmt.Sprintf("not compiled into this kernel; did you mean %q?", nearest)
	}
	return "not compiled into this kernel; to add it, put it into the list in notebooks/kernel/bindings/generate/packages.go and run make generate kernel"
}
