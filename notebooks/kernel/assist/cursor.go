package assist

import (
	"go/scanner"
	"go/token"
	"strings"
)

// place describes what the text around a cursor asks for. It is found from the tokens
// alone, because the code around a cursor is seldom complete.
type place struct {
	Word  string // the identifier at the cursor; for completion its part before the cursor
	Start int    // where the word begins, in bytes
	// Receiver is the expression before the dot: "t.Objective[0]" in t.Objective[0].Name.
	Receiver string
	// Literal is the type of the composite literal whose field is named here, and Elided
	// how many times its elements' type must be taken: 1 for Name in []nst.Term{{Name: ….
	Literal string
	Elided  int
	// Field says that a colon follows the word: it can only be a field of the literal.
	Field bool
	// Call is the function of the innermost call that is open at the cursor.
	Call string
	// Before holds the complete statements before the cursor, and the headers of the
	// blocks that it is in, from the outermost block to the innermost.
	Before []string
}

type lexeme struct {
	kind     token.Token
	pos, end int
}

// lexemes splits code into tokens.
func lexemes(code string) []lexeme {
	set := token.NewFileSet()
	file := set.AddFile("", set.Base(), len(code))
	var s scanner.Scanner
	s.Init(file, []byte(code), nil, scanner.ScanComments)
	var all []lexeme
	for {
		pos, kind, text := s.Scan()
		if kind == token.EOF {
			return all
		}
		l := lexeme{kind, file.Offset(pos), file.Offset(pos) + len(text)}
		switch {
		case kind == token.SEMICOLON && text == "\n":
			l.end = l.pos
		case text == "":
			l.end = l.pos + len(kind.String())
		}
		all = append(all, l)
	}
}

// locate describes the place at an offset. For help the word is the whole identifier,
// for completion its part before the cursor. It reports false inside comments and text.
func locate(code string, offset int, whole bool) (place, bool) {
	var tokens []lexeme
	var after token.Token
	p := place{Start: offset}
	for _, l := range lexemes(code) {
		switch inside := l.pos < offset && offset < l.end; {
		case l.kind == token.COMMENT:
			if inside || l.pos < offset && offset == l.end && strings.HasPrefix(code[l.pos:], "//") {
				return p, false
			}
			continue
		case inside && (l.kind == token.STRING || l.kind == token.CHAR):
			return p, false
		}
		if word := l.kind == token.IDENT || l.kind.IsKeyword(); word && l.pos <= offset && offset <= l.end && (whole || l.pos < offset) {
			p.Start, p.Word = l.pos, code[l.pos:offset]
			if whole {
				p.Word = code[l.pos:l.end]
			}
		} else if l.pos < offset && l.pos < p.Start {
			tokens = append(tokens, l)
		} else if after == token.ILLEGAL {
			after = l.kind
		}
	}
	p.Field = after == token.COLON
	r := reader{code, tokens}
	last := len(tokens) - 1
	if last >= 0 && tokens[last].kind == token.PERIOD {
		if start := r.operand(last - 1); start >= 0 {
			p.Receiver = r.text(start, last-1)
		}
	} else if last >= 0 && (tokens[last].kind == token.COMMA || tokens[last].kind == token.LBRACE) {
		p.Literal, p.Elided = r.literal(r.open(last))
	}
	for at := r.open(last); at >= 0 && p.Call == ""; at = r.open(at - 1) {
		if tokens[at].kind == token.LPAREN {
			if start := r.operand(at - 1); start >= 0 {
				p.Call = r.text(start, at-1)
			}
		}
		if r.block(at) {
			break
		}
	}
	p.Before = r.before()
	return p, true
}

// reader looks back from a cursor at the tokens before it.
type reader struct {
	code   string
	tokens []lexeme
}

func (r reader) kind(i int) token.Token {
	if i < 0 || i >= len(r.tokens) {
		return token.ILLEGAL
	}
	return r.tokens[i].kind
}

func (r reader) text(first, last int) string {
	if first > last {
		return ""
	}
	return r.code[r.tokens[first].pos:r.tokens[last].end]
}

func opens(k token.Token) bool {
	return k == token.LPAREN || k == token.LBRACK || k == token.LBRACE
}

func closes(k token.Token) bool {
	return k == token.RPAREN || k == token.RBRACK || k == token.RBRACE
}

// open is the innermost bracket that is open after token i, or -1.
func (r reader) open(i int) int {
	depth := 0
	for ; i >= 0; i-- {
		if k := r.tokens[i].kind; closes(k) {
			depth++
		} else if opens(k) {
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

// operand is the first token of the operand that ends with token i, or -1: of a chain of
// selections, calls and indices.
func (r reader) operand(i int) int {
	for {
		switch k := r.kind(i); {
		case k == token.IDENT:
			if r.kind(i-1) != token.PERIOD {
				return i
			}
			i -= 2
		case k == token.RPAREN || k == token.RBRACK:
			at := r.open(i - 1)
			if at < 0 {
				return -1
			}
			if before := r.kind(at - 1); before != token.IDENT && !closes(before) {
				if k == token.RPAREN {
					return at // (x).f
				}
				return -1
			}
			i = at - 1
		case k == token.RBRACE:
			at := r.open(i - 1)
			if typ, _ := r.literal(at); typ == "" {
				return -1
			}
			i = at - 1
		default:
			return -1
		}
	}
}

// literal is the type of the composite literal that the bracket opens, and how many
// times its elements' type must be taken; "" if it opens something else.
func (r reader) literal(at int) (typ string, elided int) {
	if r.kind(at) != token.LBRACE {
		return "", 0
	}
	switch r.kind(at - 1) {
	case token.LBRACE, token.COMMA, token.COLON:
		typ, elided = r.literal(r.open(at - 1))
		return typ, elided + 1
	case token.IDENT:
	default:
		return "", 0
	}
	if r.block(at) {
		return "", 0
	}
	first := at - 1
	if r.kind(first-1) == token.PERIOD && r.kind(first-2) == token.IDENT {
		first -= 2
	}
	for r.kind(first-1) == token.MUL && r.kind(first-2) == token.RBRACK || r.kind(first-1) == token.RBRACK {
		if r.kind(first-1) == token.MUL {
			first--
		}
		first = r.open(first - 2)
		if r.kind(first-1) == token.MAP {
			first--
		}
		if first < 0 {
			return "", 0
		}
	}
	return r.text(first, at-1), 0
}

// block reports whether a bracket opens a block of statements.
func (r reader) block(at int) bool {
	if r.kind(at) != token.LBRACE {
		return false
	}
	depth := 0
	for i := at - 1; i >= 0; i-- {
		switch k := r.tokens[i].kind; {
		case closes(k):
			depth++
		case opens(k):
			if depth == 0 {
				return i == at-1 && k == token.LBRACE && r.block(i)
			}
			depth--
		case depth > 0:
		case k == token.FUNC, k == token.IF, k == token.ELSE, k == token.FOR, k == token.SWITCH, k == token.SELECT:
			return true
		case k == token.STRUCT, k == token.INTERFACE, k == token.ASSIGN, k == token.DEFINE, k == token.COLON, k == token.COMMA:
			// Part of a header such as for i, x := range xs { too.
			if k == token.STRUCT || k == token.INTERFACE {
				return false
			}
		case k == token.SEMICOLON:
			// The parts of a header are separated by semicolons too.
			if r.tokens[i].pos == r.tokens[i].end {
				return i == at-1
			}
		}
	}
	return at == 0
}

// before returns the statements that are complete before the cursor, and the headers of
// the blocks that are open.
func (r reader) before() []string {
	var all []string
	start, depth := 0, 0
	for i, l := range r.tokens {
		switch {
		case l.kind == token.LBRACE && depth == 0 && r.block(i) && r.closing(i) < 0:
			all = append(all, r.text(start, i))
			start = i + 1
		case opens(l.kind):
			depth++
		case closes(l.kind):
			depth--
		case l.kind == token.SEMICOLON && depth == 0:
			all = append(all, strings.TrimSuffix(r.text(start, i), ";"))
			start = i + 1
		}
		if depth > 0 && r.closing(i) < 0 && opens(l.kind) {
			// A literal or a call that is still open: a function in it may be too.
			depth--
			start = i + 1
		}
	}
	return all
}

// closing is the bracket that closes the one at i, or -1.
func (r reader) closing(at int) int {
	if !opens(r.kind(at)) {
		return -1
	}
	depth := 0
	for i := at; i < len(r.tokens); i++ {
		if k := r.tokens[i].kind; opens(k) {
			depth++
		} else if closes(k) {
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
