//go:build linux || darwin

package assist

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"

	"github.com/cosmos72/gomacro/ast2"
	interp "github.com/cosmos72/gomacro/fast"
	"github.com/cosmos72/gomacro/imports"
	"github.com/cosmos72/gomacro/xreflect"
)

// scope knows the names at a cursor: those of the cells that have run, and those that
// the cell declares before the cursor. Its statements are compiled but never run.
type scope struct{ *interp.Comp }

func newScope(ir *interp.Interp, before []string) scope {
	s := scope{interp.NewComp(ir.Comp, nil)}
	for _, statement := range before {
		s.declare(strings.TrimSpace(statement))
	}
	return s
}

// try calls a function of the interpreter's compiler, which panics on wrong code.
func try(do func()) {
	defer func() { _ = recover() }()
	do()
}

// declare declares the names of a statement or of a block's header. What does not
// compile declares nothing.
func (s scope) declare(statement string) {
	header, isBlock := strings.CutSuffix(statement, "{")
	word, rest, _ := strings.Cut(statement, " ")
	switch {
	case word == "import" || word == "package":
	case isBlock && strings.Contains(header, "func"):
		s.function(header[strings.LastIndex(header, "func"):])
	case isBlock && word == "for" && strings.Contains(header, "range "):
		s.loop(header)
	case isBlock:
	case word == "for" || word == "if" || word == "switch":
		s.compile(rest) // the first part of a header
	default:
		s.compile(statement)
	}
}

func (s scope) compile(code string) {
	try(func() { s.Compile(ast2.AnyToAst(s.ParseBytes([]byte(code)), "")) })
}

// function declares the parameters and results of a function. The function's header may
// itself contain func, as the type of a parameter; the first attempt that parses counts.
func (s scope) function(header string) {
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p; var _ = "+header+"{}", 0)
	if err != nil {
		if f, err = parser.ParseFile(token.NewFileSet(), "", "package p; "+header+"{}", 0); err != nil {
			return
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if d, ok := n.(*ast.FuncDecl); ok && d.Recv != nil {
			s.fields(d.Recv)
		}
		if t, ok := n.(*ast.FuncType); ok {
			s.fields(t.Params)
			s.fields(t.Results)
			return false
		}
		return true
	})
}

func (s scope) fields(list *ast.FieldList) {
	if list == nil {
		return
	}
	for _, f := range list.List {
		typ := f.Type
		if variadic, ok := typ.(*ast.Ellipsis); ok {
			typ = &ast.ArrayType{Elt: variadic.Elt}
		}
		for _, name := range f.Names {
			try(func() { s.DeclVar0(name.Name, s.Type(typ), nil) })
		}
	}
}

// loop declares the variables of a range loop.
func (s scope) loop(header string) {
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p; func _() { "+header+"{} }", 0)
	if err != nil {
		return
	}
	loop, ok := f.Decls[0].(*ast.FuncDecl).Body.List[0].(*ast.RangeStmt)
	if !ok {
		return
	}
	try(func() {
		over := s.Expr1(loop.X, nil).Type
		var key, value xreflect.Type
		switch over.Kind() {
		case reflect.Slice, reflect.Array:
			key, value = s.TypeOf(0), over.Elem()
		case reflect.Map:
			key, value = over.Key(), over.Elem()
		case reflect.String:
			key, value = s.TypeOf(0), s.TypeOf(rune(0))
		case reflect.Chan:
			key = over.Elem()
		}
		for i, e := range []ast.Expr{loop.Key, loop.Value} {
			if name, ok := e.(*ast.Ident); ok {
				s.DeclVar0(name.Name, []xreflect.Type{key, value}[i], nil)
			}
		}
	})
}

// typeOf is the type of an expression, or nil. A call's type is that of its first result.
func (s scope) typeOf(expression string) (t xreflect.Type) {
	e, err := parser.ParseExpr(expression)
	if err != nil {
		return nil
	}
	try(func() {
		compiled := s.Expr(e, nil)
		if t = compiled.Type; t == nil && len(compiled.Types) > 0 {
			t = compiled.Types[0]
		}
		if compiled.Untyped() {
			t = compiled.DefaultType()
		}
	})
	return t
}

// literal is the struct type whose fields a composite literal names, or nil.
func (s scope) literal(typ string, elided int) (t xreflect.Type) {
	e, err := parser.ParseExpr(typ)
	if err != nil {
		return nil
	}
	try(func() {
		t = s.Type(e)
		for range elided {
			t = t.Elem()
		}
		if t.Kind() == reflect.Pointer {
			t = t.Elem() // &T is left out in the elements of []*T
		}
		if t.Kind() != reflect.Struct {
			t = nil
		}
	})
	return t
}

// imported is the path of the package that a name stands for, or "". A package that
// is not imported yet is found by its own name.
func (s scope) imported(name string) string {
	if symbol := s.TryResolve(name); symbol != nil {
		if symbol.Const() {
			if p, ok := symbol.Value.(*interp.Import); ok {
				return p.Path
			}
		}
		return ""
	}
	found := ""
	for path, p := range imports.Packages {
		if p.Name == name || p.Name == "" && (path == name || strings.HasSuffix(path, "/"+name)) {
			if len(p.Binds)+len(p.Types) > 0 && (found == "" || len(path) < len(found) || strings.HasPrefix(path, own)) {
				found = path
			}
		}
	}
	return found
}

// own begins the paths of this module's packages.
const own = "github.com/gonst/workbench/"

// members lists the fields and methods of a type that begin with a prefix.
func (s scope) members(t xreflect.Type, prefix string) (names []string) {
	try(func() {
		s.DeclVar0("cursor٠", t, nil)
		for _, name := range s.CompleteWords([]string{"cursor٠", prefix}) {
			if _, isField, _, isMethod, _ := s.TryLookupFieldOrMethod(t, name); isField || isMethod {
				names = append(names, name)
			}
		}
	})
	return names
}
