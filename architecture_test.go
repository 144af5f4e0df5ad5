// Package workbench_test holds the one test that belongs to no room: that the
// rooms import each other in one direction only.
package workbench_test

import (
	"cmp"
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

const (
	module     = "github.com/gonst/workbench/"
	everywhere = "internal/prefix" // may be imported by every package
)

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

// A rule says what the packages of a room may import.
type rule struct {
	room    string     // one package; with "/..." all below it too
	own     string     // packages of this module that may be imported, the room itself besides
	outside []string   // all outside packages that may be imported, with what is below them; nil: any that is not in never
	never   [][]string // outside packages never imported, nor what is below them
	reach   [][]string // packages never reached, not even through others
}

var (
	none     = []string{}
	drawing  = [][]string{gorgonia, command, notebook, logging}
	figures  = [][]string{gorgonia, toml, plot, command, notebook, logging}
	inLedger = [][]string{gorgonia, plot, {module + "nst"}}
)

// rules are the table of rooms, lower ones first.
var rules = []rule{
	{room: "internal/prefix", outside: none},
	{room: "internal/atomicfile", outside: []string{"github.com/rogpeppe/go-internal"}},
	{room: "nst/internal/topology", outside: []string{"golang.org/x"}, never: [][]string{logging}},
	{room: "nst/internal/kernel/simd", outside: []string{"golang.org/x/sys"}, never: [][]string{logging}},
	{room: "nst/internal/kernel", own: "nst/internal/kernel/simd", outside: []string{"golang.org/x/sys"}, never: [][]string{logging}},
	{room: "nst/internal/vec", own: "nst/internal/kernel", outside: none},
	{room: "nst/internal/op", own: "nst/internal/kernel", outside: []string{"gorgonia.org", "github.com/chewxy/hm"}, never: [][]string{logging}, reach: [][]string{{module + "weights"}}},
	{room: "nst/internal/cpu", own: "nst/internal/op nst/internal/kernel", outside: none, never: [][]string{logging}},
	{room: "nst/internal/graph", own: "nst/internal/op nst/internal/kernel", outside: gorgonia, never: [][]string{logging}},
	{room: "nst", own: "nst/internal/... internal/atomicfile", never: [][]string{toml, plot, command, notebook, logging}, reach: [][]string{network, {module + "weights"}, {"github.com/gofrs/flock"}}},
	{room: "measure", own: "nst", outside: []string{"gonum.org/v1/gonum"}, never: [][]string{logging}, reach: [][]string{network}},
	{room: "weights/fetch", own: "weights weights/internal/... internal/atomicfile", never: [][]string{gorgonia, toml, plot, command, logging}},
	{room: "weights/internal/...", own: "internal/atomicfile", never: [][]string{gorgonia, toml, plot, command, logging}},
	{room: "weights", own: "weights/internal/... internal/atomicfile", never: [][]string{gorgonia, toml, plot, command, logging}, reach: [][]string{network}},
	{room: "configs", outside: none},

	{room: "experiments/internal/digest", outside: none},
	{room: "experiments/internal/mistake", outside: none},
	{room: "experiments/internal/memory", outside: none},
	{room: "experiments/internal/disk", own: "internal/atomicfile", outside: none},
	{room: "experiments/internal/fixture", own: "nst", outside: none},
	{room: "experiments/internal/planned", own: "experiments/plan experiments/internal/fixture", outside: none},
	{room: "experiments/result", own: "experiments/internal/mistake internal/atomicfile", never: [][]string{gorgonia, plot, command, logging}},
	{room: "experiments/tree", outside: []string{"github.com/BurntSushi/toml", "github.com/agnivade/levenshtein"}},
	{room: "experiments/internal/field", own: "experiments/tree", outside: none},
	{room: "experiments/config", own: "experiments/tree experiments/internal/field nst weights", outside: []string{"golang.org/x/text/unicode/norm"}},
	{room: "experiments/engine", own: "experiments/config experiments/result experiments/internal/digest nst measure weights", outside: none},
	{room: "experiments/internal/hosts", outside: none},
	{room: "experiments/vote", own: "experiments/internal/mistake experiments/internal/hosts experiments/result", outside: []string{"gonum.org/v1/gonum"}},
	{room: "experiments/search", own: "experiments/result experiments/vote", outside: []string{"gonum.org/v1/gonum", "github.com/c-bata/goptuna/sobol"}, never: [][]string{logging}},
	{room: "experiments/plan", own: "experiments/search experiments/tree experiments/config experiments/engine experiments/result experiments/internal/field experiments/internal/digest configs nst weights", outside: none},
	{room: "experiments/store", own: "experiments/internal/mistake experiments/config experiments/plan experiments/result experiments/internal/digest experiments/internal/disk internal/atomicfile nst", outside: []string{"github.com/gofrs/flock"}},
	{room: "experiments/explain", own: "experiments/config experiments/engine experiments/plan nst", outside: none},
	{room: "experiments/reference", own: "experiments/tree experiments/config experiments/plan experiments/internal/field", outside: none},
	{room: "experiments/run", own: "experiments/internal/mistake experiments/tree experiments/config experiments/engine experiments/plan experiments/store experiments/result experiments/internal/digest experiments/internal/disk nst", outside: none},
	{room: "experiments/remeasure", own: "experiments/internal/mistake experiments/internal/digest experiments/config experiments/engine experiments/plan experiments/result nst", outside: none},
	{room: "experiments/cost", own: "experiments/internal/mistake experiments/config experiments/engine experiments/plan experiments/internal/memory nst", outside: none},
	{room: "experiments/bundle", own: "experiments/internal/mistake experiments/config experiments/plan experiments/store experiments/result experiments/internal/digest experiments/internal/disk internal/atomicfile weights", outside: none},
	{room: "experiments/launch", own: "experiments/internal/mistake experiments/store experiments/config experiments/engine experiments/plan experiments/run experiments/internal/memory nst", outside: none},
	{room: "experiments/launch/slurm", own: "experiments/launch experiments/result internal/prefix", outside: none},
	{room: "experiments/launch/kubernetes", outside: none},
	{room: "experiments/launch/command", own: "experiments/launch experiments/result internal/prefix", outside: none},
	{room: "experiments/sweep", own: "experiments/internal/mistake experiments/search experiments/config experiments/plan experiments/store experiments/run experiments/launch experiments/result", outside: none},
	{room: "experiments/report", own: "experiments/internal/mistake experiments/internal/hosts experiments/result experiments/search experiments/vote", never: drawing, reach: [][]string{gorgonia, {module + "nst"}}},
	{room: "experiments/export", own: "experiments/internal/mistake experiments/result", never: figures, reach: inLedger},
	{room: "experiments/status", own: "experiments/result experiments/search", never: figures, reach: inLedger},
	{room: "experiments/cmd/nst", own: "experiments/cmd", outside: none},
	{room: "experiments/cmd", own: "experiments/tree experiments/run experiments/search experiments/remeasure experiments/internal/mistake experiments/config experiments/plan experiments/explain experiments/reference experiments/cost experiments/bundle experiments/launch experiments/launch/command experiments/launch/slurm experiments/launch/kubernetes experiments/sweep experiments/result experiments/report experiments/vote experiments/export experiments/status weights weights/fetch nst internal/atomicfile", never: [][]string{gorgonia, toml}},
	{room: "notebooks/nb", own: "nst experiments/report experiments/result notebooks/internal/host", never: [][]string{notebook, toml, command}},

	// Tools, generators, servers for tests, and the notebooks' kernel.
	{room: "nst/internal/kernel/simd/asm"},
	{room: "internal/ports"},
	{room: "internal/gallery", own: "experiments/result"},
	{room: "experiments/reference/write", own: "experiments/reference internal/atomicfile"},
	{room: "bench/peer"},
	{room: "bench/kills", own: "experiments/result"},
	{room: "bench/pairs", own: "experiments/plan experiments/sweep experiments/result"},
	{room: "bench/scale", own: "experiments/plan experiments/store experiments/sweep experiments/result"},
	{room: "bench/memory", own: "experiments/plan experiments/engine"},
	{room: "experiments/report/doctorset", own: "experiments/plan experiments/sweep experiments/result"},
	{room: "configs/pictures/draw", own: "nst"},
	{room: "experiments/export/mlflowtest"},
	{room: "notebooks/check"},
	{room: "notebooks/page"},
	{room: "notebooks/internal/host"},
	{room: "notebooks/kernel/...", own: "nst measure weights experiments/... notebooks/nb notebooks/internal/host"},
}

// among tells whether a package is one of a list's; a name with "/..." stands for all
// that is below it too.
func among(pkg string, list ...string) bool {
	return slices.ContainsFunc(list, func(name string) bool {
		base, below := strings.CutSuffix(name, "/...")
		return pkg == base || below && under(pkg, base)
	})
}

// ruleOf is the rule of a package of this module; nil where the table has none.
func ruleOf(pkg string) *rule {
	for i := range rules {
		if among(pkg, rules[i].room) {
			return &rules[i]
		}
	}
	return nil
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
		case inside && !among(own, append(strings.Fields(r.own), r.room, everywhere)...):
			all = append(all, "imports "+own+"; of this module it may use "+cmp.Or(r.own, "nothing"))
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
	for _, p := range packages(t) {
		own, inside := strings.CutPrefix(p.ImportPath, module)
		if !inside {
			continue // the tests of the root
		}
		if len(p.CgoFiles) > 0 {
			t.Errorf("%s uses cgo: %v", own, p.CgoFiles)
		}
		r := ruleOf(own)
		if r == nil {
			t.Errorf("%s is not in the table of rooms: say there what it may import", own)
			continue
		}
		for _, fault := range faults(*r, p) {
			t.Errorf("%s %s", own, fault)
		}
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
		{"nst/internal/vec", listed{Imports: []string{module + "nst/internal/op"}}},
		{"nst/internal/vec", listed{Imports: []string{"gorgonia.org/tensor"}}},
		{"experiments/tree", listed{Imports: []string{module + "nst"}}},
		{"experiments/config", listed{Imports: []string{module + "experiments/plan"}}},
		{"experiments/config", listed{Imports: []string{"github.com/BurntSushi/toml"}}},
		{"experiments/engine", listed{Imports: []string{module + "experiments/plan"}}},
		{"experiments/plan", listed{Imports: []string{module + "experiments/store"}}},
		{"experiments/plan", listed{Imports: []string{"gonum.org/v1/plot/vg"}}},
		{"experiments/store", listed{Imports: []string{module + "experiments/run"}}},
		{"experiments/run", listed{Imports: []string{module + "experiments/launch"}}},
		{"experiments/launch", listed{Imports: []string{module + "experiments/sweep"}}},
		{"experiments/sweep", listed{Imports: []string{module + "experiments/cost"}}},
		{"experiments/report", listed{Deps: []string{module + "nst"}}},
		{"experiments/export", listed{Imports: []string{module + "experiments/report"}}},
		{"experiments/cmd", listed{Imports: []string{"github.com/BurntSushi/toml"}}},
		{"measure", listed{Imports: []string{module + "experiments/result"}}},
		{"weights", listed{Imports: []string{"C"}}},
		{"weights", listed{Deps: []string{"net/http"}}},
		{"nst", listed{Deps: []string{"net/http"}}},
		{"nst", listed{Imports: []string{module + "weights"}}},
	} {
		if r := ruleOf(c.room); r == nil || len(faults(*r, c.p)) == 0 {
			t.Errorf("%s may use %v %v, it seems", c.room, c.p.Imports, c.p.Deps)
		}
	}
	for _, unknown := range []string{"experiments", "experiments/new", "experiments/plan/new", "nst/internal/new", "nst/new", "new"} {
		if r := ruleOf(unknown); r != nil {
			t.Errorf("%s is governed by the rule of %s", unknown, r.room)
		}
	}
}

// The library neither ends the program nor draws from randomness that the
// caller did not seed.
func TestLibraryManners(t *testing.T) {
	seeded := []string{"New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "PCG", "ChaCha8", "Source", "Zipf"}
	for _, p := range packages(t) {
		own := strings.TrimPrefix(p.ImportPath, module)
		if p.Name == "main" || own == "experiments/cmd" || !under(own, "nst", "measure", "weights", "experiments") {
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

// A message has a package's prefix at its beginning only. An error of a library that is
// wrapped behind other text passes through prefix.Errorf, and its text through
// prefix.Text: both remove the prefix.
func TestPrefixesComeFirst(t *testing.T) {
	libraries := []string{"nst", "measure", "weights"}
	for _, p := range packages(t) {
		own := strings.TrimPrefix(p.ImportPath, module)
		if under(own, "nst/internal/kernel") || !under(own, "nst", "measure", "experiments", "notebooks/nb") ||
			!under(own, "nst") && !slices.ContainsFunc(p.Deps, func(path string) bool { return among(strings.TrimPrefix(path, module), libraries...) }) {
			continue
		}
		for _, file := range p.GoFiles {
			set := token.NewFileSet()
			tree, err := parser.ParseFile(set, filepath.Join(p.Dir, file), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				if f, ok := n.(*ast.FuncDecl); ok && f.Name.Name == "Error" {
					return false // of an error type
				}
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				s, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if s.Sel.Name == "Error" && len(call.Args) == 0 {
					t.Errorf("%s: the text of an error: use prefix.Text", set.Position(call.Pos()))
				}
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "fmt" && s.Sel.Name == "Errorf" {
					if format, ok := call.Args[0].(*ast.BasicLit); ok && strings.LastIndex(format.Value, "%w") > 1 {
						t.Errorf("%s: an error behind other text: use prefix.Errorf", set.Position(call.Pos()))
					}
				}
				return true
			})
		}
	}
}

// A program that imports the library downloads these modules, most of them for Gorgonia.
// Each further one costs every user time: CONTRIBUTING.md names the reasons.
func TestModulesOfTheLibrary(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./nst").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	modules = slices.Compact(modules)
	const most = 25
	if len(modules) > most {
		t.Errorf("nst needs %d modules, at most %d are allowed:\n%s", len(modules), most, strings.Join(modules, "\n"))
	}
}
