//go:build linux || darwin

package assist

import (
	"fmt"
	"go/parser"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/cosmos72/gomacro/imports"
)

// advice is for the interpreter's messages about what it does not know or does not have.
var advice = []struct {
	message *regexp.Regexp
	advise  func(c *Cell, part []string, at spot) string
}{
	{regexp.MustCompile(`^cannot range over (.+) <u?int\d*>$`), func(_ *Cell, part []string, _ spot) string {
		return fmt.Sprintf("a cell cannot range over a number; write for i := 0; i < %s; i++ { … }", part[1])
	}},
	{regexp.MustCompile(`^cannot range over .* <func\(.*>$`), func(*Cell, []string, spot) string {
		return "a cell cannot range over a function; call it with a function that takes the values"
	}},
	{regexp.MustCompile(`^undefined identifier: (\w+)$`), (*Cell).identifier},
	{regexp.MustCompile(`^undefined "(\w+)" in `), (*Cell).identifier},
	{regexp.MustCompile(`^not a type: (\w+)\.(\w+) <`), (*Cell).member},
	{regexp.MustCompile(`^package (\w+) ".*" has no symbol (\w+)$`), (*Cell).member},
	{regexp.MustCompile(`^unknown field '(\w+)' in struct literal of type (\S+)$`), func(c *Cell, part []string, _ spot) string {
		return fmt.Sprintf("%s has no field %s%s", base(part[2]), part[1], c.nearField(part[2], part[1]))
	}},
	{regexp.MustCompile(`^type (\S+) has no field or method "(\w+)"`), func(c *Cell, part []string, _ spot) string {
		return fmt.Sprintf("%s has no field or method %s%s", base(part[1]), part[2], c.nearField(part[1], part[2]))
	}},
	{regexp.MustCompile(`^expected '\(', found '\['`), (*Cell).generic},
	{regexp.MustCompile(`^expected '\]', found 'IDENT'`), (*Cell).generic},
	{regexp.MustCompile(`^cannot convert untyped constant \{(?:untyped )?\w+ (.*)\} to <(\S+)>$`), func(_ *Cell, part []string, _ spot) string {
		return fmt.Sprintf("%s is not of type %s", part[1], base(part[2]))
	}},
	{regexp.MustCompile(`(?s)^error compiling assignment: .*\n\s*cannot convert untyped constant \{(?:untyped )?\w+ (.*)\} to <(\S+)>$`), func(_ *Cell, part []string, _ spot) string {
		return fmt.Sprintf("%s is not of type %s", part[1], base(part[2]))
	}},
	{regexp.MustCompile(`^incompatible types in assignment: (\S+) = (\S+)$`), func(_ *Cell, part []string, _ spot) string {
		return fmt.Sprintf("a value of type %s is not of type %s", base(part[2]), base(part[1]))
	}},
	{regexp.MustCompile(`^Field\(\d+\) out of bounds, struct type has (\d+) fields: (.+)$`), func(_ *Cell, part []string, _ spot) string {
		return fmt.Sprintf("too many values for %s: its number of fields is %s", base(part[2]), part[1])
	}},
	{regexp.MustCompile(`^go/parser internal error: identifier already declared|^expecting macro-related keyword after '~'`), func(*Cell, []string, spot) string { return noTypeParameters }},
	{regexp.MustCompile(`^expected 1 expression$`), func(*Cell, []string, spot) string {
		return "a cell shows one value; use nb.Show(a, b) to show several"
	}},
	{regexp.MustCompile(`^expected (.+), found 'EOF'$`), func(_ *Cell, part []string, _ spot) string {
		return fmt.Sprintf("the cell ends too early: %s is missing", part[1])
	}},
}

// advise says in plainer words what a message of the compiler says.
func (c *Cell) advise(message string, at spot) string {
	for _, a := range advice {
		if part := a.message.FindStringSubmatch(message); part != nil {
			if s := a.advise(c, part, at); s != "" {
				return s
			}
		}
	}
	return message
}

// instead says what to write for functions that are generic, which cells cannot call.
var instead = map[string]string{
	"min":    "math.Min for float64, or an if",
	"max":    "math.Max for float64, or an if",
	"clear":  "a loop with delete, or a new map",
	"slices": "package sort, such as sort.Slice, or a loop",
	"maps":   "a loop",
	"cmp":    "the operators < and ==",
	"any":    "interface{}",
}

func (c *Cell) identifier(part []string, _ spot) string {
	name := part[1]
	if write, ok := instead[name]; ok {
		return fmt.Sprintf("%s does not exist in cells, which have no generic functions; write %s", name, write)
	}
	for _, path := range slices.Sorted(maps.Keys(imports.Packages)) {
		if p := imports.Packages[path]; p.Name == name && len(p.Binds) > 0 || path == name {
			return fmt.Sprintf("%s is not declared; to use the package, write import %q", name, path)
		}
	}
	var names []string
	for scope := c.ir.Comp; scope != nil; scope = scope.Outer {
		names = slices.AppendSeq(names, maps.Keys(scope.Binds))
		names = slices.AppendSeq(names, maps.Keys(scope.Types))
	}
	return fmt.Sprintf("%s is not declared%s", name, nearest(name, names))
}

// member is about a name that a package does not have.
func (c *Cell) member(part []string, _ spot) string {
	path := scope{c.ir.Comp}.imported(part[1])
	if path == "" {
		return ""
	}
	s := fmt.Sprintf("package %s has no %s", part[1], part[2])
	if near := nearest(part[2], packageNames(path, "")); near != "" {
		return s + near
	}
	if write, ok := instead[part[1]]; ok {
		return fmt.Sprintf("%s for cells, which cannot call generic functions; write %s", s, write)
	}
	return s + " that cells can use (generic functions and types are left out)"
}

// nearField suggests a field or method of a type that the message names by its path.
func (c *Cell) nearField(typ, name string) string {
	s := newScope(c.ir, nil)
	e, err := parser.ParseExpr(strings.TrimLeft(base(typ), "*"))
	if err != nil {
		return ""
	}
	near := ""
	try(func() { near = nearest(name, s.members(s.Type(e), "")) })
	return near
}

// generic is about a syntax error where type parameters are declared.
func (c *Cell) generic(part []string, at spot) string {
	lines := strings.Split(c.code, "\n")
	if at.line < 1 || at.line > len(lines) || !declaresGeneric.MatchString(lines[at.line-1]) {
		return ""
	}
	return noTypeParameters
}

const noTypeParameters = "a cell cannot declare type parameters; write it once for each type that you need, or with interface{}"

var declaresGeneric = regexp.MustCompile(`(func|type)\s+(\([^)]*\)\s*)?\w+\[\w+`)

// setOfTypes returns where the first interface that is a set of types begins; -1 without one.
func setOfTypes(code string) int {
	if at := typeSet.FindStringIndex(code); at != nil {
		return at[0]
	}
	return -1
}

var typeSet = regexp.MustCompile(`interface\s*\{[^}]*\w\s*\|`)

// nearest suggests the names that differ least.
func nearest(name string, names []string) string {
	var best []string
	distance := (len(name) + 2) / 3
	for _, candidate := range slices.Sorted(slices.Values(names)) {
		if strings.Contains(candidate, "٠") || slices.Contains(best, candidate) {
			continue
		}
		if d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(candidate)); d < distance {
			best, distance = []string{candidate}, d
		} else if d == distance {
			best = append(best, candidate)
		}
	}
	switch n := len(best); {
	case n == 0 || n > 4:
		return ""
	case n == 1:
		return "; did you mean " + best[0] + "?"
	default:
		return "; did you mean " + strings.Join(best[:n-1], ", ") + " or " + best[n-1] + "?"
	}
}

// base is a type without its package's path.
func base(typ string) string {
	prefix := typ[:len(typ)-len(strings.TrimLeft(typ, "*[]"))]
	return prefix + strings.TrimPrefix(typ[strings.LastIndex(typ, "/")+1:], prefix)
}

// plainer turns messages of the reflect package, by which the interpreter works, into
// those of compiled Go.
func plainer(message string) string {
	switch {
	case strings.HasPrefix(message, "reflect: call of") && strings.HasSuffix(message, "on zero Value"),
		message == "reflect: Method on nil interface value":
		return "invalid memory address or nil pointer dereference"
	case strings.HasPrefix(message, "reflect: ") && strings.HasSuffix(message, "index out of range"):
		return strings.TrimPrefix(message, "reflect: ")
	}
	for _, prefix := range []string{"runtime error: ", "reflect.Value.Slice: ", "reflect.MakeSlice: "} {
		message = strings.TrimPrefix(message, prefix)
	}
	return message
}
