// Command ports checks that the whole module, tests too, compiles for other systems
// and processors: ports windows/amd64 linux/386 …
//
// It checks the types of all sources, including the standard library, which takes some
// seconds for each target. A build would take a minute for each.
package main

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/go/packages"
)

func main() {
	failed := false
	for _, target := range os.Args[1:] {
		began := time.Now()
		wrong, err := check(target)
		if err != nil {
			wrong = append(wrong, err.Error())
		}
		for _, w := range wrong {
			fmt.Printf("FAIL %s: %s\n", target, w)
			failed = true
		}
		if len(wrong) == 0 {
			fmt.Printf("ok   %s (%.1f s)\n", target, time.Since(began).Seconds())
		}
	}
	if failed {
		os.Exit(1)
	}
}

// check returns the errors for a target: a system and a processor.
func check(target string) (wrong []string, err error) {
	system, processor, _ := strings.Cut(target, "/")
	all, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedModule | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedDeps | packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax,
		Env:   append(os.Environ(), "GOOS="+system, "GOARCH="+processor, "CGO_ENABLED=0"),
		Tests: true,
	}, "./...")
	if err != nil {
		return nil, err
	}
	packages.Visit(all, nil, func(p *packages.Package) {
		for _, e := range p.Errors {
			wrong = append(wrong, e.Error())
		}
		wrong = append(wrong, bodiless(p)...)
	})
	slices.Sort(wrong)
	return slices.Compact(wrong), nil
}

// bodiless returns errors for functions without a body that have no assembly for the
// target: the compiler refuses them, but the type check does not. It skips the standard
// library, which has other mechanisms.
func bodiless(p *packages.Package) (wrong []string) {
	if p.Module == nil || slices.ContainsFunc(p.OtherFiles, func(f string) bool { return filepath.Ext(f) == ".s" }) {
		return nil
	}
	for _, file := range p.Syntax {
		linked := map[string]bool{} // linked to functions of the runtime
		for _, group := range file.Comments {
			for _, c := range group.List {
				if words := strings.Fields(c.Text); len(words) > 1 && words[0] == "//go:linkname" {
					linked[words[1]] = true
				}
			}
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body == nil && !linked[f.Name.Name] {
				wrong = append(wrong, fmt.Sprintf("%s: %s has no body", p.Fset.Position(f.Pos()), f.Name.Name))
			}
		}
	}
	return wrong
}
