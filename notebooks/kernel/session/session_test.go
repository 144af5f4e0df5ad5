package session

import (
	"bytes"
	"errors"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// body parses the statements of a function.
func body(t *testing.T, source string) (*token.FileSet, []ast.Node) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, "", "package p\nfunc f() {\n"+source+"\n}", 0)
	if err != nil {
		t.Fatal(err)
	}
	var nodes []ast.Node
	for _, s := range f.Decls[0].(*ast.FuncDecl).Body.List {
		nodes = append(nodes, s)
	}
	return set, nodes
}

const recovers = "defer func() { if r := recover(); r != nil { " + Panicked + "(r) } }()"

func TestGuard(t *testing.T) {
	for source, want := range map[string]string{
		`go func(i int) { work(i) }(3)`: `go func(i int) { ` + recovers + `; work(i) }(3)`,
		`go work(x, 3, nil)`:            `{ hoisted0٠, hoisted1٠ := work, x; go func() { ` + recovers + `; hoisted0٠(hoisted1٠, 3, nil) }() }`,
		`go close(c)`:                   `{ hoisted0٠ := c; go func() { ` + recovers + `; close(hoisted0٠) }() }`,
		`go panic("x")`:                 `go func() { ` + recovers + `; panic("x") }()`,
		`if a { for { go f() } }`:       `if a { for { { hoisted0٠ := f; go func() { ` + recovers + `; hoisted0٠() }() } } }`,
		`select { case <-c: go f() }`:   `select { case <-c: { hoisted0٠ := f; go func() { ` + recovers + `; hoisted0٠() }() } }`,
		`x := 1`:                        `x := 1`,
	} {
		set, nodes := body(t, source)
		var got, expected bytes.Buffer
		for _, n := range Guard(nodes) {
			format.Node(&got, set, n)
		}
		set, nodes = body(t, want)
		for _, n := range nodes {
			format.Node(&expected, set, n)
		}
		if a, b := strings.Join(strings.Fields(got.String()), " "), strings.Join(strings.Fields(expected.String()), " "); a != b {
			t.Errorf("%s\nis   %s\nwant %s", source, a, b)
		}
	}
}

func TestQuiet(t *testing.T) {
	for source, want := range map[string]bool{`fmt.Println(1)`: true, `x := 1; fmt.Printf("")`: true, `fmt.Sprint(1)`: false, `f()`: false, ``: false, `fmt.Println(1); x := 2`: false} {
		_, nodes := body(t, source)
		if got := Quiet(nodes); got != want {
			t.Errorf("%s: %t", source, got)
		}
	}
}

func TestForwardKeepsCharactersWhole(t *testing.T) {
	text := strings.Repeat("aü✓😀", 20000)
	for name, r := range map[string]io.Reader{
		"byte by byte": iotest.OneByteReader(strings.NewReader(text)),
		"whole":        strings.NewReader(text),
		"end at once":  iotest.DataErrReader(strings.NewReader(text)),
	} {
		var pieces pieces
		if err := Forward(&pieces, r); err != nil {
			t.Fatal(err)
		}
		if strings.Join(pieces, "") != text {
			t.Errorf("%s: %d bytes", name, len(strings.Join(pieces, "")))
		}
		for _, p := range pieces {
			if strings.ToValidUTF8(p, "") != p {
				t.Errorf("%s: a piece cuts a character: …%q", name, p[max(0, len(p)-8):])
				break
			}
		}
	}
	// Invalid text passes unchanged and does not block.
	var p pieces
	if err := Forward(&p, strings.NewReader("\xff\xfe\xf0")); err != nil || strings.Join(p, "") != "\xff\xfe\xf0" {
		t.Errorf("%q %v", p, err)
	}
	if err := Forward(failing{}, strings.NewReader(text)); err != nil {
		t.Error(err)
	}
}

type pieces []string

func (p *pieces) Write(b []byte) (int, error) { *p = append(*p, string(b)); return len(b), nil }

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("nobody listens") }

func TestOffset(t *testing.T) {
	for _, c := range []struct {
		character, want int
	}{{0, 0}, {1, 1}, {2, 3}, {3, 6}, {9, 7}} {
		if got := Offset("aü✓b", c.character); got != c.want {
			t.Errorf("character %d at %d, want %d", c.character, got, c.want)
		}
	}
}
