package session

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// Panicked is the interpreter's name for the function that receives a goroutine's
// panic.
const Panicked = "goroutinePanicked٠"

// Guard changes a cell's code so that a panic in a goroutine that it starts is
// reported and does not end the kernel: go f(x) becomes, in effect,
//
//	go func() {
//		defer func() { if r := recover(); r != nil { Panicked(r) } }()
//		f(x)
//	}()
//
// with f and x evaluated by the go statement, as the language has it.
func Guard(nodes []ast.Node) []ast.Node {
	g := guarder{}
	guarded := make([]ast.Node, len(nodes))
	for i, n := range nodes {
		if s, ok := n.(ast.Stmt); ok {
			n = g.guard(s)
		}
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BlockStmt:
				g.all(n.List)
			case *ast.CaseClause:
				g.all(n.Body)
			case *ast.CommClause:
				g.all(n.Body)
			case *ast.LabeledStmt:
				n.Stmt = g.guard(n.Stmt)
			}
			return true
		})
		guarded[i] = n
	}
	return guarded
}

// guarder records the statements that are already guarded.
type guarder map[*ast.GoStmt]bool

func (g guarder) all(list []ast.Stmt) {
	for i, s := range list {
		list[i] = g.guard(s)
	}
}

// builtin lists the built-in functions that a go statement accepts and that are not
// values.
var builtin = []string{"clear", "close", "copy", "delete", "panic", "print", "println", "recover"}

func (g guarder) guard(s ast.Stmt) ast.Stmt {
	statement, ok := s.(*ast.GoStmt)
	if !ok || g[statement] {
		return s
	}
	g[statement] = true
	if f, ok := statement.Call.Fun.(*ast.FuncLit); ok {
		f.Body.List = append([]ast.Stmt{deferRecover()}, f.Body.List...)
		return s
	}
	call := *statement.Call
	hoist := &ast.AssignStmt{Tok: token.DEFINE}
	keep := func(e ast.Expr) ast.Expr {
		switch e := e.(type) {
		case *ast.BasicLit: // may have any type
			return e
		case *ast.Ident:
			if e.Name == "nil" || e.Name == "true" || e.Name == "false" {
				return e
			}
		}
		name := "hoisted" + strconv.Itoa(len(hoist.Lhs)) + "٠"
		hoist.Lhs = append(hoist.Lhs, ast.NewIdent(name))
		hoist.Rhs = append(hoist.Rhs, e)
		return ast.NewIdent(name)
	}
	if f, ok := call.Fun.(*ast.Ident); !ok || !slices.Contains(builtin, f.Name) {
		call.Fun = keep(call.Fun)
	}
	call.Args = slices.Clone(call.Args)
	for i, a := range call.Args {
		call.Args[i] = keep(a)
	}
	start := &ast.GoStmt{Call: &ast.CallExpr{Fun: function(deferRecover(), &ast.ExprStmt{X: &call})}}
	g[start] = true
	if hoist.Lhs == nil {
		return start
	}
	return &ast.BlockStmt{List: []ast.Stmt{hoist, start}}
}

// deferRecover is defer func() { if r := recover(); r != nil { Panicked(r) } }()
func deferRecover() ast.Stmt {
	r := func() *ast.Ident { return ast.NewIdent("r") }
	return &ast.DeferStmt{Call: &ast.CallExpr{Fun: function(&ast.IfStmt{
		Init: &ast.AssignStmt{Lhs: []ast.Expr{r()}, Tok: token.DEFINE, Rhs: []ast.Expr{&ast.CallExpr{Fun: ast.NewIdent("recover")}}},
		Cond: &ast.BinaryExpr{X: r(), Op: token.NEQ, Y: ast.NewIdent("nil")},
		Body: &ast.BlockStmt{List: []ast.Stmt{&ast.ExprStmt{X: &ast.CallExpr{Fun: ast.NewIdent(Panicked), Args: []ast.Expr{r()}}}}},
	})}}
}

func function(body ...ast.Stmt) *ast.FuncLit {
	return &ast.FuncLit{Type: &ast.FuncType{Params: &ast.FieldList{}}, Body: &ast.BlockStmt{List: body}}
}

// Quiet reports whether a cell ends with fmt.Print or a similar call. Then the number
// of printed bytes is not displayed as the cell's result.
func Quiet(nodes []ast.Node) bool {
	if len(nodes) == 0 {
		return false
	}
	last := nodes[len(nodes)-1]
	if s, ok := last.(*ast.ExprStmt); ok {
		last = s.X
	}
	call, ok := last.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	p, ok := f.X.(*ast.Ident)
	return ok && p.Name == "fmt" && (strings.HasPrefix(f.Sel.Name, "Print") || strings.HasPrefix(f.Sel.Name, "Fprint"))
}
