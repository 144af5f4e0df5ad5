// Package tree reads TOML as a tree of values with their positions, and collects
// mistakes as errors with file, line and column.
package tree

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	"github.com/BurntSushi/toml"

	"github.com/gonst/workbench/internal/prefix"
)

// A configuration is first a tree of values with their positions. Inheritance, overrides
// and sweeps work on trees. Trees are immutable, so that ten thousand runs can share
// their common parts.

// Pos is a position in a file, and the base directory of relative paths
// there.
type Pos struct {
	File         string
	Dir          string
	line, column int
}

// Node is one value. Its value is a string, int64, float64, bool, a time, a
// []*node or a *table.
type Node struct {
	Key   Pos // position of its key
	At    Pos // position of the value
	Value any
}

// Table is a table with its keys in the order of the file.
type Table struct {
	Keys   []string
	Nodes  map[string]*Node
	Dotted bool // only written as the first part of dotted keys
}

// NewTable returns an empty table.
func NewTable() *Table { return &Table{Nodes: map[string]*Node{}} }

// Get returns the value of a key. It returns nil if the table is nil or has no such
// key.
func (t *Table) Get(key string) *Node {
	if t == nil {
		return nil
	}
	return t.Nodes[key]
}

// Put sets a key. A new key is added at the end.
func (t *Table) Put(key string, n *Node) {
	if _, ok := t.Nodes[key]; !ok {
		t.Keys = append(t.Keys, key)
	}
	t.Nodes[key] = n
}

// Clone copies the table, but not its values.
func (t *Table) Clone() *Table {
	c := &Table{Keys: append([]string(nil), t.Keys...), Nodes: make(map[string]*Node, len(t.Nodes)), Dotted: t.Dotted}
	for k, n := range t.Nodes {
		c.Nodes[k] = n
	}
	return c
}

// Drop removes a key.
func (t *Table) Drop(key string) {
	if _, ok := t.Nodes[key]; !ok {
		return
	}
	delete(t.Nodes, key)
	for i, k := range t.Keys {
		if k == key {
			t.Keys = append(t.Keys[:i:i], t.Keys[i+1:]...)
			return
		}
	}
}

// Table returns the value as a table. It returns nil if the value is not a table or the
// node is nil.
func (n *Node) Table() *Table {
	if n == nil {
		return nil
	}
	t, _ := n.Value.(*Table)
	return t
}

// maxConfigBytes is larger than any real configuration.
const maxConfigBytes = 4 << 20

// Read reads one TOML file. If it fails, it returns nil and adds the reason to
// the problems.
func Read(file string, p *Problems) *Node {
	at := Pos{File: file}
	want := "a TOML file that can be read"
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		p.Add(at, "", ErrorText(err)+WhyMissing(file), want)
		return nil
	case err != nil:
		p.Fail(err)
		return nil
	case info.IsDir():
		p.Add(at, "", "a directory", want)
		return nil
	}
	text, err := readMost(file)
	if err != nil {
		p.Fail(err)
		return nil
	}
	if what := foreign(text); what != "" {
		p.Add(at, "", what, wantConfig(what))
		return nil
	}
	if len(text) > maxConfigBytes {
		p.Add(at, "", fmt.Sprintf("a file of %d bytes", info.Size()), fmt.Sprintf("a TOML file of at most %d bytes", maxConfigBytes))
		return nil
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		p.Add(at, "", err.Error(), want)
		return nil
	}
	return Parse(string(text), file, dir, p)
}

// readMost reads a file, but not much more than a configuration may have.
func readMost(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxConfigBytes+1))
}

// ErrorText returns the text of an error without what the message already has: the path
// in an error of the operating system, and the prefix of a library.
func ErrorText(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return prefix.Text(err)
}

// Parse parses a file's text.
func Parse(text, file, dir string, p *Problems) *Node {
	at := Pos{File: file, Dir: dir, line: 1}
	var values map[string]any
	if _, err := toml.Decode(text, &values); err != nil {
		var syntax toml.ParseError
		if errors.As(err, &syntax) {
			at.line, at.column = syntax.Position.Line, syntax.Position.Col
			if number, most, ok := tooLarge(syntax); ok {
				p.Add(at, syntax.LastKey, "the number "+number+", which is too large for any key", most)
				return nil
			}
			p.Add(at, syntax.LastKey, "broken TOML: "+oneLine(syntax.Message), hint(text, at.line))
		} else {
			p.Add(at, "", "broken TOML: "+oneLine(err.Error()), "")
		}
		return nil
	}
	b := &builder{file: file, dir: dir, places: map[string]place{}, order: map[string]int{}}
	for i, pl := range scan(text) {
		b.places[pl.path], b.order[pl.path] = pl, i
	}
	return &Node{Key: at, At: at, Value: b.table("", values, at)}
}

// ParseValue parses a value of the command line. Everything in it has the same
// position.
func ParseValue(value string, at Pos) (n *Node, ok bool) {
	text := "value = " + value
	var values, listed map[string]any
	if _, err := toml.Decode(text, &values); err != nil || len(values) != 1 {
		return nil, false
	}
	// In a list a comment would hide the bracket: 50#100 is not 50.
	if _, err := toml.Decode("value = ["+value+"]", &listed); err != nil {
		return nil, false
	}
	b := &builder{file: at.File, dir: at.Dir, places: map[string]place{}, order: map[string]int{}}
	for i, pl := range scan(text) {
		b.places[pl.path] = place{dotted: pl.dotted}
		b.order[pl.path] = i
	}
	return b.node(step("", "value"), values["value"], at), true
}

// tooLarge returns the number of an error about one that no key can hold, and what can be held.
func tooLarge(err toml.ParseError) (number, most string, ok bool) {
	number, kind, ok := strings.Cut(oneLine(err.Message), " is out of range for ")
	if kind == "int64" {
		return number, fmt.Sprintf("a whole number of at most %d", int64(math.MaxInt64)), ok
	}
	return number, fmt.Sprintf("a number of at most %.2g", math.MaxFloat64), ok
}

// TooLarge reports whether a value of the command line is a number that no key can hold,
// and says what can be held.
func TooLarge(value string) (most string, ok bool) {
	var syntax toml.ParseError
	if _, err := toml.Decode("value = "+value, new(map[string]any)); errors.As(err, &syntax) {
		_, most, ok = tooLarge(syntax)
	}
	return most, ok
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// builder combines the decoder's values with the scanner's places.
type builder struct {
	file, dir string
	places    map[string]place
	order     map[string]int
}

func (b *builder) table(path string, values map[string]any, parent Pos) *Table {
	t := NewTable()
	t.Dotted = b.places[path].dotted
	for key := range values {
		t.Keys = append(t.Keys, key)
	}
	sort.Slice(t.Keys, func(i, j int) bool {
		oi, foundI := b.order[step(path, t.Keys[i])]
		oj, foundJ := b.order[step(path, t.Keys[j])]
		if foundI && foundJ {
			return oi < oj
		}
		if foundI != foundJ {
			return foundI
		}
		return t.Keys[i] < t.Keys[j]
	})
	for _, key := range t.Keys {
		t.Nodes[key] = b.node(step(path, key), values[key], parent)
	}
	return t
}

func (b *builder) node(path string, value any, parent Pos) *Node {
	n := &Node{Key: parent, At: parent}
	if pl, ok := b.places[path]; ok {
		n.Key = Pos{b.file, b.dir, pl.line, pl.column}
		n.At = Pos{b.file, b.dir, pl.valueLine, pl.valueCol}
	}
	switch v := value.(type) {
	case map[string]any:
		n.Value = b.table(path, v, n.Key)
	case []any:
		list := make([]*Node, len(v))
		for i := range v {
			list[i] = b.node(element(path, i), v[i], n.At)
		}
		n.Value = list
	case []map[string]any:
		list := make([]*Node, len(v))
		for i := range v {
			list[i] = b.node(element(path, i), v[i], n.At)
		}
		n.Value = list
	default:
		n.Value = v
	}
	return n
}
