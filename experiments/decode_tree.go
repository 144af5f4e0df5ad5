package experiments

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/gonst/workbench/experiments/result"
)

// A configuration is first a tree of values that know where they stand: that is
// what is inherited, overridden and swept over. Trees are never changed once
// built, so that ten thousand runs share what they have in common.

// pos is where something stands, and the directory that relative paths there
// are relative to.
type pos struct {
	file         string
	dir          string
	line, column int
}

// node is one value. Its value is a string, int64, float64, bool, a time, a
// []*node or a *table.
type node struct {
	key   pos // where its key stands
	at    pos // where the value stands
	value any
}

// table is a table whose keys have the order of the file.
type table struct {
	keys   []string
	nodes  map[string]*node
	dotted bool // written only as the front part of dotted keys
}

func newTable() *table { return &table{nodes: map[string]*node{}} }

func (t *table) get(key string) *node {
	if t == nil {
		return nil
	}
	return t.nodes[key]
}

func (t *table) put(key string, n *node) {
	if _, ok := t.nodes[key]; !ok {
		t.keys = append(t.keys, key)
	}
	t.nodes[key] = n
}

// clone copies the table, not what is in it.
func (t *table) clone() *table {
	c := &table{keys: append([]string(nil), t.keys...), nodes: make(map[string]*node, len(t.nodes)), dotted: t.dotted}
	for k, n := range t.nodes {
		c.nodes[k] = n
	}
	return c
}

func (t *table) drop(key string) {
	if _, ok := t.nodes[key]; !ok {
		return
	}
	delete(t.nodes, key)
	for i, k := range t.keys {
		if k == key {
			t.keys = append(t.keys[:i:i], t.keys[i+1:]...)
			return
		}
	}
}

func (n *node) table() *table {
	if n == nil {
		return nil
	}
	t, _ := n.value.(*table)
	return t
}

// maxConfigBytes is far beyond any configuration written by hand or program.
const maxConfigBytes = 4 << 20

// readTree reads one file, without its base.
func readTree(file string, p *problems) *node {
	at := pos{file: file}
	want := "a TOML file that can be read"
	if result.IsPicture(file) {
		return readPicture(file, p)
	}
	info, err := os.Stat(file)
	switch {
	case err != nil:
		p.add(at, "", errorText(err), want)
		return nil
	case info.IsDir():
		p.add(at, "", "a directory", want)
		return nil
	case info.Size() > maxConfigBytes:
		p.add(at, "", fmt.Sprintf("a file of %d bytes", info.Size()), fmt.Sprintf("a TOML file of at most %d bytes", maxConfigBytes))
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		p.add(at, "", errorText(err), want)
		return nil
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		p.add(at, "", err.Error(), want)
		return nil
	}
	return parseTree(string(text), file, dir, p)
}

// errorText is what an error of the operating system says, without the path
// that stands before it anyway.
func errorText(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err.Error()
}

// parseTree parses a file's text.
func parseTree(text, file, dir string, p *problems) *node {
	at := pos{file: file, dir: dir, line: 1}
	var values map[string]any
	if _, err := toml.Decode(text, &values); err != nil {
		var syntax toml.ParseError
		if errors.As(err, &syntax) {
			at.line, at.column = syntax.Position.Line, syntax.Position.Col
			p.add(at, syntax.LastKey, "broken TOML: "+oneLine(syntax.Message), "")
		} else {
			p.add(at, "", "broken TOML: "+oneLine(err.Error()), "")
		}
		return nil
	}
	b := &treeBuilder{file: file, dir: dir, places: map[string]place{}, order: map[string]int{}}
	for i, pl := range scan(text) {
		b.places[pl.path], b.order[pl.path] = pl, i
	}
	return &node{key: at, at: at, value: b.table("", values, at)}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// treeBuilder joins the decoder's values with the scanner's places.
type treeBuilder struct {
	file, dir string
	places    map[string]place
	order     map[string]int
}

func (b *treeBuilder) table(path string, values map[string]any, parent pos) *table {
	t := newTable()
	t.dotted = b.places[path].dotted
	for key := range values {
		t.keys = append(t.keys, key)
	}
	sort.Slice(t.keys, func(i, j int) bool {
		oi, foundI := b.order[step(path, t.keys[i])]
		oj, foundJ := b.order[step(path, t.keys[j])]
		if foundI && foundJ {
			return oi < oj
		}
		if foundI != foundJ {
			return foundI
		}
		return t.keys[i] < t.keys[j]
	})
	for _, key := range t.keys {
		t.nodes[key] = b.node(step(path, key), values[key], parent)
	}
	return t
}

func (b *treeBuilder) node(path string, value any, parent pos) *node {
	n := &node{key: parent, at: parent}
	if pl, ok := b.places[path]; ok {
		n.key = pos{b.file, b.dir, pl.line, pl.column}
		n.at = pos{b.file, b.dir, pl.valueLine, pl.valueCol}
	}
	switch v := value.(type) {
	case map[string]any:
		n.value = b.table(path, v, n.key)
	case []any:
		list := make([]*node, len(v))
		for i := range v {
			list[i] = b.node(element(path, i), v[i], n.at)
		}
		n.value = list
	case []map[string]any:
		list := make([]*node, len(v))
		for i := range v {
			list[i] = b.node(element(path, i), v[i], n.at)
		}
		n.value = list
	default:
		n.value = v
	}
	return n
}

// describe says what a value is, for an error.
func describe(n *node) string {
	switch v := n.value.(type) {
	case string:
		return "the text " + shorten(strconv.Quote(v))
	case int64:
		return "the number " + strconv.FormatInt(v, 10)
	case float64:
		return "the number " + formatFloat(v)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return "a date"
	case []*node:
		if len(v) == 0 {
			return "an empty list"
		}
		return "a list"
	case *table:
		if len(v.keys) == 0 {
			return "an empty table"
		}
		return "a table"
	}
	return fmt.Sprintf("%v", n.value)
}

// shorten keeps messages readable when a value is long.
func shorten(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func formatFloat(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
