//go:build linux || darwin

package assist

import (
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"strings"

	interp "github.com/cosmos72/gomacro/fast"
	"github.com/cosmos72/gomacro/xreflect"
)

// Cell follows one cell through compilation and run, to say where an error was.
type Cell struct {
	ir   *interp.Interp
	name string // of the cell in positions
	code string

	last    token.Pos // of the cell's last statement
	running bool
	failed  []token.Pos // where it panicked, from the innermost call outwards
	// atStatement is whether the last position is of the cell's own statements. The
	// last statement has none where it is an expression.
	atStatement bool
}

// Begin must be called before a cell's code is parsed.
func Begin(ir *interp.Interp, number int, code string) *Cell {
	c := &Cell{ir: ir, name: fmt.Sprintf("cell %d", number), code: code}
	ir.Comp.Filepath = c.name
	ir.Comp.Pos = token.NoPos
	// What a cell compiled before its compilation failed must not run with this cell: half
	// a block enters the block and does not leave it.
	ir.Comp.Code.Clear()
	return c
}

// Prepare changes the parsed code so that each statement has its position when it runs:
// the interpreter keeps none of a bare expression, only of what is in a block.
func (c *Cell) Prepare(nodes []ast.Node) []ast.Node {
	for i, n := range nodes {
		c.last = n.Pos()
		if e, ok := n.(ast.Expr); ok && i < len(nodes)-1 {
			nodes[i] = &ast.BlockStmt{Lbrace: e.Pos(), List: []ast.Stmt{&ast.ExprStmt{X: e}}, Rbrace: e.End()}
		}
	}
	return nodes
}

// Run runs the compiled code.
func (c *Cell) Run(e *interp.Expr) ([]xreflect.Value, []xreflect.Type) {
	c.running = true
	if e == nil || e.Const() {
		return c.ir.RunExpr(e)
	}
	top := c.ir.PrepareEnv()
	top.IP, top.DebugPos = 0, nil
	run := e.AsXV(interp.COptKeepUntyped)
	watched := *e
	watched.Fun = func(env *interp.Env) (xreflect.Value, []xreflect.Value) {
		done := false
		defer func() {
			if !done {
				c.failed = positions(env.Run.CurrEnv)
				c.atStatement = top.IP < len(top.DebugPos)
			}
		}()
		v, vs := run(env)
		done = true
		return v, vs
	}
	return c.ir.RunExpr(&watched)
}

// positions are those of the statement that runs and of the calls around it.
func positions(env *interp.Env) (all []token.Pos) {
	for depth := 0; env != nil && depth < 1000; depth++ {
		if env.IP >= 0 && env.IP < len(env.DebugPos) {
			all = append(all, env.DebugPos[env.IP])
		}
		for env.Caller == nil && env.Outer != nil && env.Outer.Outer != nil {
			env = env.Outer // blocks of the same function
		}
		env = env.Caller
	}
	return all
}

// Explain says where in the cell an error of its compilation or its run was, and where
// it can, what to write instead.
func (c *Cell) Explain(err error) error {
	message := err.Error()
	if at, text, ok := c.position(message); ok {
		return c.say(at, c.advise(text, at), "")
	}
	set := c.ir.Comp.Fileset
	if !c.running {
		at := spotOf(set.Position(c.ir.Comp.Pos))
		if strings.HasPrefix(message, "go/parser internal error") { // it has no position
			at = spot{c.name, 1 + strings.Count(c.code[:max(0, setOfTypes(c.code))], "\n"), 1}
		}
		return c.say(at, c.advise(message, at), "")
	}
	var here []spot // from the innermost call outwards
	beside := ""
	for i, pos := range c.failed {
		if p := spotOf(set.Position(pos)); p.cell == c.name {
			here = append(here, p)
		} else if i == 0 {
			beside = fmt.Sprintf(", in line %d of %s", p.line, p.cell)
		}
	}
	if outermost := spotOf(set.Position(c.last)); !c.atStatement {
		here = append(here, outermost)
	}
	if len(here) == 0 {
		return errors.New(plainer(message))
	}
	if called := here[len(here)-1]; called.line != here[0].line {
		beside += fmt.Sprintf(", called in line %d", called.line)
	}
	return c.say(here[0], plainer(message), beside)
}

// spot is a line and a column of a cell.
type spot struct {
	cell         string
	line, column int
}

func spotOf(p token.Position) spot { return spot{p.Filename, p.Line, p.Column} }

// position takes the position off a message of the parser or the compiler.
func (c *Cell) position(message string) (at spot, text string, ok bool) {
	rest, ok := strings.CutPrefix(message, c.name+":")
	if !ok {
		return at, message, false
	}
	at.cell = c.name
	if n, _ := fmt.Sscanf(rest, "%d:%d:", &at.line, &at.column); n != 2 {
		return at, message, false
	}
	_, text, ok = strings.Cut(rest, ": ")
	return at, text, ok
}

// say puts the line before a message and the line's code behind it.
func (c *Cell) say(at spot, message, beside string) error {
	lines := strings.Split(c.code, "\n")
	if at.line < 1 || at.line > len(lines) || at.cell != c.name {
		return fmt.Errorf("%s", message+beside)
	}
	code := strings.TrimSpace(lines[at.line-1])
	if len(code) == 0 {
		return fmt.Errorf("line %d%s: %s", at.line, beside, message)
	}
	return fmt.Errorf("line %d%s: %s\n\t%s", at.line, beside, message, code)
}
