package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// routine is an entry of the table. Expressions are Go's, over the parameters of the
// portable function.
type routine struct {
	name    string // the portable function is namePortable
	file    string // of its assembly
	isas    []isa
	flags   []string // each has variants with and without it: keys of conditions
	reach   []extent // what the assembly reads and writes
	aligned string   // with the flag stream: the condition under which dst is aligned
	// small is the condition under which the portable function computes it.
	small string
	// count is the number of units that the assembly works on, its parameter n.
	count string
	// tail is how far each operand moves with a unit, where the portable function
	// computes what is left after count units.
	tail    map[string]int
	scratch int // vectors of working memory
	emit    func(g *file, v isa)

	reference
}

// extent says that the assembly reaches values 0 … n-1 of an operand.
type extent struct{ operand, n string }

// conditions are those of the flags that a variant has.
var conditions = map[string]string{"Masked": "mask != nil", "Recorded": "bits != nil", "Stream": "past"}

// reference is what the source of a portable function says of a routine.
type reference struct {
	doc       string
	signature string // the parameters as written
	params    params
}

type param struct{ name, kind string }

type params []param

func (p params) String() string {
	var all []string
	for _, p := range p {
		all = append(all, p.name+" "+p.kind)
	}
	return strings.Join(all, ", ")
}

func (p params) names() string {
	var all []string
	for _, p := range p {
		all = append(all, p.name)
	}
	return strings.Join(all, ", ")
}

// references reads the portable functions of the package in dir, by the names of their routines.
func references(dir string) (map[string]reference, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	all := map[string]reference{}
	for _, path := range paths {
		f, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasSuffix(fn.Name.Name, "Portable") {
				continue
			}
			if fn.Doc == nil {
				return nil, fmt.Errorf("%s: %s has no doc comment", set.Position(fn.Pos()), fn.Name.Name)
			}
			var r reference
			for _, c := range fn.Doc.List {
				r.doc += c.Text + "\n"
			}
			var groups []string
			for _, field := range fn.Type.Params.List {
				var names []string
				for _, n := range field.Names {
					names = append(names, n.Name)
					r.params = append(r.params, param{n.Name, types.ExprString(field.Type)})
				}
				groups = append(groups, strings.Join(names, ", ")+" "+types.ExprString(field.Type))
			}
			r.signature = strings.Join(groups, ", ")
			all[strings.TrimSuffix(fn.Name.Name, "Portable")] = r
		}
	}
	return all, nil
}

// assembly returns the parameters that the assembly has: pointers, numbers, and float32.
func (r *routine) assembly() params {
	var pointers, numbers, floats params
	for _, p := range r.params {
		slice, isSlice := strings.CutPrefix(p.kind, "[]")
		switch {
		case isSlice:
			pointers = append(pointers, param{p.name, "*" + slice})
		case p.kind == "int":
			if p.name != "n" || r.count == "" {
				numbers = append(numbers, p)
			}
		case p.kind == "float32":
			floats = append(floats, p)
		case strings.HasPrefix(p.kind, "*"):
			pointers = append(pointers, p)
		}
	}
	if r.count != "" {
		numbers = append(numbers, param{"n", "int"})
	}
	return slices.Concat(pointers, numbers, floats)
}

// variant is an assembly function.
type variant struct {
	name  string
	isa   isa
	flags []string
}

// variants are ordered so that the first whose conditions hold is the one to call.
func (r *routine) variants() (all []variant) {
	for _, i := range r.isas {
		for set := 1<<len(r.flags) - 1; set >= 0; set-- {
			v := variant{name: r.name, isa: i}
			for k, f := range r.flags {
				if set>>k&1 != 0 {
					v.name += f
					v.flags = append(v.flags, f)
				}
			}
			v.name += i.name
			all = append(all, v)
		}
	}
	return all
}

// exported is the name of the routine's Go function.
func exported(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// head writes the exported function's comment and signature.
func (r *routine) head(w io.Writer) {
	doc := r.doc
	for _, other := range table {
		doc = strings.ReplaceAll(doc, other.name+"Portable", exported(other.name))
	}
	fmt.Fprintf(w, "\n%sfunc %s(%s) {\n", doc, exported(r.name), r.signature)
}

// forward writes the exported function of a build without assembly.
func (r *routine) forward(w io.Writer) {
	r.head(w)
	fmt.Fprintf(w, "\t%sPortable(%s)\n}\n", r.name, r.params.names())
}

// dispatch writes the exported function, which checks the operands and calls a variant,
// and the declarations of those. It calls them by name: through a variable, arguments
// would escape to the heap.
func (r *routine) dispatch(w io.Writer) {
	r.head(w)
	idle := "active == portable"
	if r.isas[0] == tiles {
		idle = "!tiles()"
	}
	if r.tail == nil {
		if r.small != "" {
			idle += " || " + r.small
		}
		fmt.Fprintf(w, "\tif %s {\n\t\t%sPortable(%s)\n\t\treturn\n\t}\n", idle, r.name, r.params.names())
		r.call(w, "\t")
	} else {
		fmt.Fprintf(w, "\tif units := %s; units > 0 && !(%s) {\n", r.count, idle)
		r.call(w, "\t\t")
		for _, p := range r.params {
			step, moves := r.tail[p.name]
			switch {
			case !moves:
			case p.kind == "int":
				fmt.Fprintf(w, "\t\t%s -= units * %d\n", p.name, step)
			case p.name == "mask":
				fmt.Fprintf(w, "\t\tif mask != nil {\n\t\t\tmask = mask[units*%d:]\n\t\t}\n", step)
			default:
				fmt.Fprintf(w, "\t\t%s = %s[units*%d:]\n", p.name, p.name, step)
			}
		}
		fmt.Fprintf(w, "\t}\n\t%sPortable(%s)\n", r.name, r.params.names())
	}
	fmt.Fprint(w, "}\n")
	for _, v := range r.variants() {
		fmt.Fprintf(w, "\n//go:noescape\nfunc %s(%s)\n", v.name, r.assembly())
	}
}

// call writes the checks and the choice among the variants.
func (r *routine) call(w io.Writer, tab string) {
	for _, e := range r.reach {
		if e.operand == "mask" || e.operand == "bits" {
			fmt.Fprintf(w, "%sif %s != nil {\n%s\treach(%s, %s)\n%s}\n", tab, e.operand, tab, e.operand, e.n, tab)
		} else {
			fmt.Fprintf(w, "%sreach(%s, %s)\n", tab, e.operand, e.n)
		}
	}
	if slices.Contains(r.flags, "Stream") {
		fmt.Fprintf(w, "%spast := stream && %s\n", tab, r.aligned)
	}
	if r.count != "" && r.tail == nil {
		fmt.Fprintf(w, "%sunits := %s\n", tab, r.count)
	}
	var args []string
	for _, p := range r.assembly() {
		switch {
		case p.name == "n" && r.count != "":
			args = append(args, "units")
		case strings.HasPrefix(p.kind, "*") && !strings.HasPrefix(p.kind, "*["):
			args = append(args, "unsafe.SliceData("+p.name+")")
		default:
			args = append(args, p.name)
		}
	}
	all := r.variants()
	if len(all) > 1 {
		fmt.Fprintf(w, "%sswitch {\n", tab)
	}
	for i, v := range all {
		when := []string{}
		if len(r.isas) > 1 && v.isa != r.isas[len(r.isas)-1] {
			when = append(when, v.isa.use)
		}
		for _, f := range v.flags {
			when = append(when, conditions[f])
		}
		switch {
		case len(all) == 1:
			fmt.Fprintf(w, "%s%s(%s)\n", tab, v.name, strings.Join(args, ", "))
			continue
		case i == len(all)-1:
			fmt.Fprintf(w, "%sdefault:\n", tab)
		default:
			fmt.Fprintf(w, "%scase %s:\n", tab, strings.Join(when, " && "))
		}
		fmt.Fprintf(w, "%s\t%s(%s)\n", tab, v.name, strings.Join(args, ", "))
	}
	if len(all) > 1 {
		fmt.Fprintf(w, "%s}\n", tab)
	}
}
