//go:build linux || darwin

package assist

import (
	"go/token"
	"slices"
	"strings"

	interp "github.com/cosmos72/gomacro/fast"
	"github.com/cosmos72/gomacro/imports"
	"github.com/cosmos72/gomacro/xreflect"
)

// Complete returns the names that fit at an offset of a cell's code, in bytes, and
// where the word that they replace begins.
func Complete(ir *interp.Interp, code string, offset int) (names []string, start int) {
	p, ok := locate(code, offset, false)
	if !ok {
		return nil, offset
	}
	s := newScope(ir, p.Before)
	switch {
	case p.Receiver == "":
		var fields []string
		if t := s.literal(p.Literal, p.Elided); t != nil {
			fields = literalFields(t, p.Word)
		}
		if p.Word != "" {
			for _, name := range s.CompleteWords([]string{p.Word}) {
				if !slices.Contains(fields, name) && !strings.HasSuffix(name, "٠") {
					fields = append(fields, name)
				}
			}
		}
		return fields, p.Start
	case s.imported(p.Receiver) != "":
		names = packageNames(s.imported(p.Receiver), p.Word)
	default:
		if t := s.typeOf(p.Receiver); t != nil {
			for _, name := range s.members(t, p.Word) {
				if token.IsExported(name) || !compiled(t) {
					names = append(names, name)
				}
			}
		} else if t := s.literal(p.Receiver, 0); t != nil {
			names = s.members(t, p.Word)
		}
	}
	slices.Sort(names)
	return names, p.Start
}

// compiled reports whether a type is declared in a package and not in a cell.
func compiled(t xreflect.Type) bool {
	r := t.ReflectType()
	for r.Name() == "" && r.Kind().String() == "ptr" {
		r = r.Elem()
	}
	return r.PkgPath() != ""
}

// literalFields lists the fields that a composite literal can name, in their order.
func literalFields(t xreflect.Type, prefix string) (names []string) {
	for i := range t.NumField() {
		name := t.Field(i).Name
		if strings.HasPrefix(name, prefix) && (token.IsExported(name) || !compiled(t)) {
			names = append(names, name)
		}
	}
	return names
}

// packageNames lists the exported names of a package that begin with a prefix.
func packageNames(path, prefix string) (names []string) {
	p := imports.Packages[path]
	for name := range p.Binds {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	for name := range p.Types {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names
}
