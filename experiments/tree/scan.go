package tree

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// The TOML decoder returns values but not their positions. The scanner here finds the
// positions: it reads a text that the decoder has already accepted and records line and
// column of every key and value, by TOML's rules for keys, strings, comments, arrays and
// inline tables.

// place is the position of a key and of its value.
type place struct {
	path                string // joined by step
	line, column        int
	valueLine, valueCol int
	dotted              bool // a table that exists only as a part of a dotted key
}

// step appends one key to a path. Quoting keeps keys with dots apart.
func step(path, key string) string { return path + strconv.Quote(key) + "." }

// element appends an array's index to a path.
func element(path string, i int) string { return path + "#" + strconv.Itoa(i) + "." }

type scanner struct {
	text         string
	i            int
	line, column int
	places       []place
	index        map[string]int // path -> places
	count        map[string]int // path of an array of tables -> number of its tables so far
}

// scan returns the places of all keys and array elements in the order of the text.
// For a text that is not TOML it returns some places, and does not panic.
func scan(text string) []place {
	s := &scanner{text: text, line: 1, column: 1, index: map[string]int{}, count: map[string]int{}}
	prefix := ""
	for {
		s.skip(" \t\r\n", true)
		if s.i >= len(s.text) {
			return s.places
		}
		before := s.i
		if s.peek() == '[' {
			prefix = s.header()
		} else {
			s.keyValue(prefix)
		}
		if s.i == before { // not TOML: continue after it
			s.next()
		}
	}
}

func (s *scanner) peek() byte {
	if s.i < len(s.text) {
		return s.text[s.i]
	}
	return 0
}

// next passes one character.
func (s *scanner) next() {
	if s.i >= len(s.text) {
		return
	}
	r, n := utf8.DecodeRuneInString(s.text[s.i:])
	s.i += n
	if r == '\n' {
		s.line, s.column = s.line+1, 1
	} else {
		s.column++
	}
}

// skip passes the given characters and, if asked, comments.
func (s *scanner) skip(blank string, comments bool) {
	for s.i < len(s.text) {
		switch c := s.text[s.i]; {
		case strings.IndexByte(blank, c) >= 0:
			s.next()
		case comments && c == '#':
			s.until("\n")
		default:
			return
		}
	}
}

func (s *scanner) until(stop string) {
	for s.i < len(s.text) && strings.IndexByte(stop, s.text[s.i]) < 0 {
		s.next()
	}
}

// note records the first place of a path, and returns its index in places.
func (s *scanner) note(p place) int {
	if i, ok := s.index[p.path]; ok {
		return i
	}
	s.index[p.path] = len(s.places)
	s.places = append(s.places, p)
	return len(s.places) - 1
}

// header passes [a.b] or [[a.b]] and returns its path.
func (s *scanner) header() string {
	line, column := s.line, s.column
	s.next()
	array := s.peek() == '['
	if array {
		s.next()
	}
	path := ""
	keys := s.dottedKey()
	for i, key := range keys {
		path = step(path, key.name)
		s.note(place{path: path, line: line, column: column, valueLine: line, valueCol: column})
		last := i == len(keys)-1
		if last && array {
			s.count[path]++
		}
		if n := s.count[path]; n > 0 {
			path = element(path, n-1)
			s.note(place{path: path, line: line, column: column, valueLine: line, valueCol: column})
		}
	}
	s.skip(" \t", false)
	for s.peek() == ']' {
		s.next()
	}
	return path
}

type scannedKey struct {
	name         string
	line, column int
}

// dottedKey passes a.b."c d" and returns its parts.
func (s *scanner) dottedKey() []scannedKey {
	var keys []scannedKey
	for {
		s.skip(" \t", false)
		k := scannedKey{line: s.line, column: s.column}
		start := s.i
		switch s.peek() {
		case '"', '\'':
			s.quoted()
			k.name = unquoteKey(s.text[start:s.i])
		default:
			s.until(" \t\r\n.=[]{},#\"'")
			k.name = s.text[start:s.i]
		}
		if s.i == start {
			return keys
		}
		keys = append(keys, k)
		s.skip(" \t", false)
		if s.peek() != '.' {
			return keys
		}
		s.next()
	}
}

// unquoteKey leaves the escapes to the decoder itself.
func unquoteKey(quoted string) string {
	var m map[string]any
	if _, err := toml.Decode(quoted+"=0", &m); err == nil {
		for k := range m {
			return k
		}
	}
	return strings.Trim(quoted, `"'`)
}

// keyValue passes a.b = value and records every part of the key.
func (s *scanner) keyValue(prefix string) {
	path, at := prefix, -1
	keys := s.dottedKey()
	for i, key := range keys {
		path = step(path, key.name)
		at = s.note(place{path: path, line: key.line, column: key.column,
			valueLine: key.line, valueCol: key.column, dotted: i < len(keys)-1})
	}
	s.skip(" \t", false)
	if s.peek() != '=' {
		return
	}
	s.next()
	s.skip(" \t", false)
	if at >= 0 {
		s.places[at].valueLine, s.places[at].valueCol = s.line, s.column
	}
	s.value(path)
}

// value passes one value and records the places inside it.
func (s *scanner) value(path string) {
	const blank = " \t\r\n"
	switch s.peek() {
	case '"', '\'':
		s.quoted()
	case '[':
		s.next()
		for i := 0; ; i++ {
			s.skip(blank+",", true)
			if c := s.peek(); c == 0 || c == ']' || c == '}' {
				s.next()
				return
			}
			p := element(path, i)
			s.note(place{path: p, line: s.line, column: s.column, valueLine: s.line, valueCol: s.column})
			s.value(p)
		}
	case '{':
		s.next()
		for {
			s.skip(blank+",", true)
			if c := s.peek(); c == 0 || c == '}' || c == ']' {
				s.next()
				return
			}
			before := s.i
			s.keyValue(path)
			if s.i == before {
				s.next()
			}
		}
	default:
		s.until(",]}#\n")
	}
}

// quoted passes a string of any of the four kinds.
func (s *scanner) quoted() {
	quote := s.text[s.i : s.i+1]
	if long := strings.Repeat(quote, 3); strings.HasPrefix(s.text[s.i:], long) {
		s.pass(3)
		for s.i < len(s.text) && !strings.HasPrefix(s.text[s.i:], long) {
			if quote == `"` && s.text[s.i] == '\\' {
				s.next()
			}
			s.next()
		}
		s.pass(3)
		for n := 0; n < 2 && s.peek() == quote[0]; n++ { // """a""""" ends with two quotes of its content
			s.next()
		}
		return
	}
	s.next()
	for s.i < len(s.text) && s.text[s.i] != quote[0] && s.text[s.i] != '\n' {
		if quote == `"` && s.text[s.i] == '\\' {
			s.next()
		}
		s.next()
	}
	if s.peek() == quote[0] {
		s.next()
	}
}

func (s *scanner) pass(n int) {
	for ; n > 0; n-- {
		s.next()
	}
}
