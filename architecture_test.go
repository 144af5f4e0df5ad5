// Package workbench_test holds the one test that belongs to no room: that the
// rooms import each other in one direction only.
package workbench_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gonst/workbench/"

// Groups of outside packages that a rule may speak of.
var (
	gorgonia = []string{"gorgonia.org"}
	toml     = []string{"github.com/BurntSushi/toml"}
	plot     = []string{"gonum.org/v1/plot"}
	notebook = []string{"github.com/gopherdata/gophernotes"}
	command  = []string{"github.com/spf13/cobra", "github.com/vbauerster/mpb", "os/signal"}
	logging  = []string{"log"}
	network  = []string{"net/http", "crypto/tls"}
)

// A rule says what the packages of a room may import. A prefix stands for a
// package and all below it.
type rule struct {
	room    string
	own     []string   // rooms of this module that may be imported, the room itself besides
	outside []string   // all outside packages that may be imported; nil: any that is not in never
	never   [][]string // outside packages never imported
	reach   [][]string // packages never reached, not even through others
}

// rules are DESIGN's table. The first rule whose room fits a package governs it.
var rules = []rule{
	{room: "internal/atomicfile", own: []string{}, outside: []string{"github.com/rogpeppe/go-internal"}},
	{room: "nst/internal/kernel", outside: []string{"golang.org/x/sys"}, never: [][]string{logging}},
	{room: "nst/internal/topology", outside: []string{"golang.org/x"}, never: [][]string{logging}},
	{room: "nst/internal/op", own: []string{"nst/internal/kernel"}, outside: []string{"gorgonia.org", "github.com/chewxy/hm"}, never: [][]string{logging}, reach: [][]string{{module + "weights"}}},
	{room: "nst/internal/cpu", own: []string{"nst/internal/op", "nst/internal/kernel"}, outside: []string{}, never: [][]string{logging}},
	{room: "nst/internal/graph", own: []string{"nst/internal/op", "nst/internal/kernel"}, outside: gorgonia, never: [][]string{logging}},
	{room: "nst", own: []string{"nst/internal", "internal/atomicfile"}, never: [][]string{toml, plot, command, notebook, logging}, reach: [][]string{network, {module + "weights"}, {"github.com/gofrs/flock"}}},
	{room: "measure", own: []string{"nst"}, outside: []string{"gonum.org/v1/gonum"}, never: [][]string{logging}, reach: [][]string{network}},
	{room: "weights/fetch", own: []string{"weights", "weights/internal", "internal/atomicfile"}, never: [][]string{gorgonia, toml, plot, command, logging}},
	{room: "weights", own: []string{"internal/atomicfile"}, never: [][]string{gorgonia, toml, plot, command, logging}, reach: [][]string{network}},
	{room: "experiments/result", own: []string{"internal/atomicfile"}, never: [][]string{gorgonia, plot, command, logging}},
	{room: "experiments/report", own: []string{"experiments/result"}, never: [][]string{gorgonia, command, notebook, logging}, reach: [][]string{gorgonia, {module + "nst"}}},
	{room: "experiments/export", own: []string{"experiments/result"}, never: [][]string{gorgonia, toml, plot, command, notebook, logging}, reach: [][]string{gorgonia, plot, {module + "nst"}}},
	{room: "experiments/status", own: []string{"experiments/result"}, never: [][]string{gorgonia, toml, plot, command, notebook, logging}, reach: [][]string{gorgonia, plot, {module + "nst"}}},
	{room: "experiments/cmd/nst", own: []string{"experiments", "experiments/result", "experiments/report", "experiments/export", "experiments/status", "weights", "weights/fetch", "nst"}, never: [][]string{gorgonia, toml}},
	{room: "experiments", own: []string{"experiments/result", "nst", "weights", "measure", "configs", "internal/atomicfile"}, never: [][]string{gorgonia, plot, command, notebook, logging}},
	{room: "configs", own: []string{"experiments"}, never: [][]string{gorgonia, plot}},
	{room: "notebooks/nb", own: []string{"nst", "experiments/report", "experiments/result", "notebooks/internal/host"}, never: [][]string{notebook, toml, command}},
}

// listed is the part of go list's answer that the rules look at.
type listed struct {
	ImportPath, Dir, Name            string
	Imports, Deps, CgoFiles, GoFiles []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Name,Imports,Deps,CgoFiles,GoFiles", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func under(path string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

// faults lists what package p imports against the rule.
func faults(r rule, p listed) []string {
	var all []string
	for _, path := range p.Imports {
		own, inside := strings.CutPrefix(path, module)
		outside := strings.Contains(strings.Split(path, "/")[0], ".")
		switch {
		case path == "C":
			all = append(all, "imports C: no cgo anywhere")
		case inside && !under(own, r.room) && !slices.ContainsFunc(r.own, func(o string) bool {
			// A room of commands and libraries opens only the package named, but internal ones are one room.
			return own == o || under(own, o) && strings.Contains(o, "internal")
		}):
			all = append(all, "imports "+own+", which is not among its rooms "+strings.Join(r.own, ", "))
		case outside && !inside && r.outside != nil && !under(path, r.outside...):
			all = append(all, "imports "+path+"; it may use "+strings.Join(r.outside, ", ")+" only")
		}
		for _, group := range r.never {
			if under(path, group...) {
				all = append(all, "imports "+path)
			}
		}
	}
	for _, path := range p.Deps {
		for _, group := range r.reach {
			if under(path, group...) {
				all = append(all, "depends on "+path)
			}
		}
	}
	return all
}

func TestImports(t *testing.T) {
	governed := 0
	for _, p := range packages(t) {
		own := strings.TrimPrefix(p.ImportPath, module)
		i := slices.IndexFunc(rules, func(r rule) bool { return under(own, r.room) })
		if i < 0 {
			continue // tools and generators
		}
		governed++
		for _, fault := range faults(rules[i], p) {
			t.Errorf("%s %s", own, fault)
		}
		if len(p.CgoFiles) > 0 {
			t.Errorf("%s uses cgo: %v", own, p.CgoFiles)
		}
	}
	if governed == 0 {
		t.Error("no package is governed by any rule")
	}
}

// The rules themselves must be able to fail.
func TestRulesBite(t *testing.T) {
	for _, c := range []struct {
		room string
		p    listed
	}{
		{"nst/internal/kernel", listed{Imports: []string{"gorgonia.org/gorgonia"}}},
		{"nst/internal/kernel", listed{Imports: []string{module + "nst"}}},
		{"nst", listed{Imports: []string{module + "experiments"}}},
		{"nst", listed{Imports: []string{"log"}}},
		{"experiments", listed{Imports: []string{"gonum.org/v1/plot/vg"}}},
		{"experiments/report", listed{Deps: []string{module + "nst"}}},
		{"experiments/export", listed{Imports: []string{module + "experiments/report"}}},
		{"experiments/cmd/nst", listed{Imports: []string{"github.com/BurntSushi/toml"}}},
		{"measure", listed{Imports: []string{module + "experiments/result"}}},
		{"weights", listed{Imports: []string{"C"}}},
		{"weights", listed{Deps: []string{"net/http"}}},
		{"nst", listed{Deps: []string{"net/http"}}},
		{"nst", listed{Imports: []string{module + "weights"}}},
	} {
		i := slices.IndexFunc(rules, func(r rule) bool { return r.room == c.room })
		if len(faults(rules[i], c.p)) == 0 {
			t.Errorf("%s may use %v %v, it seems", c.room, c.p.Imports, c.p.Deps)
		}
	}
}

// The library neither ends the program nor draws from randomness that the
// caller did not seed.
func TestLibraryManners(t *testing.T) {
	seeded := []string{"New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "PCG", "ChaCha8", "Source", "Zipf"}
	for _, p := range packages(t) {
		own := strings.TrimPrefix(p.ImportPath, module)
		if p.Name == "main" || !under(own, "nst", "measure", "weights", "experiments") {
			continue
		}
		for _, file := range p.GoFiles {
			set := token.NewFileSet()
			tree, err := parser.ParseFile(set, filepath.Join(p.Dir, file), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range tree.Imports {
				if i.Path.Value == `"math/rand"` {
					t.Errorf("%s imports math/rand; use math/rand/v2 with a seed", set.Position(i.Pos()))
				}
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := s.X.(*ast.Ident)
				if !ok || x.Obj != nil { // a variable, not a package
					return true
				}
				switch at := set.Position(s.Pos()); {
				case x.Name == "os" && (s.Sel.Name == "Exit" || s.Sel.Name == "Stdout" || s.Sel.Name == "Stderr"):
					t.Errorf("%s: os.%s in a library", at, s.Sel.Name)
				case x.Name == "fmt" && strings.HasPrefix(s.Sel.Name, "Print"):
					t.Errorf("%s: fmt.%s in a library", at, s.Sel.Name)
				case x.Name == "rand" && !slices.Contains(seeded, s.Sel.Name):
					t.Errorf("%s: rand.%s draws from a source that nobody seeded", at, s.Sel.Name)
				}
				return true
			})
		}
	}
}
