//go:build linux || darwin

// Package assist helps with the code of cells: the documentation of the name under the
// cursor, completion, and errors that say where they are and what to write instead.
package assist

import (
	"go/token"
	"reflect"
	"strings"

	interp "github.com/cosmos72/gomacro/fast"
	"github.com/cosmos72/gomacro/imports"
	"github.com/cosmos72/gomacro/xreflect"

	"github.com/gonst/workbench/notebooks/kernel/godoc"
)

// Inspect returns the documentation of the name at an offset of a cell's code, in bytes.
// Between the brackets of a call that is the function's, and in a composite literal its
// type's.
func Inspect(ir *interp.Interp, docs *godoc.Library, code string, offset int) (godoc.Entry, bool) {
	p, ok := locate(code, offset, true)
	if !ok {
		return godoc.Entry{}, false
	}
	in := inspector{newScope(ir, p.Before), docs}
	if p.Word != "" {
		if p.Receiver == "" && p.Field {
			if t := in.literal(p.Literal, p.Elided); t != nil {
				if e, ok := in.member(t, p.Word); ok {
					return e, true
				}
			}
		}
		if e, ok := in.name(p.Receiver, p.Word); ok {
			return e, true
		}
	}
	if p.Word == "" && p.Literal != "" {
		if t := in.literal(p.Literal, p.Elided); t != nil {
			return in.typed("", t), true
		}
	}
	if p.Call != "" {
		dot := strings.LastIndex(p.Call, ".")
		return in.name(p.Call[:max(dot, 0)], p.Call[dot+1:])
	}
	return godoc.Entry{}, false
}

type inspector struct {
	scope
	docs *godoc.Library
}

// name documents a name, or receiver.name.
func (in inspector) name(receiver, name string) (godoc.Entry, bool) {
	switch {
	case receiver == "":
		return in.identifier(name)
	case in.imported(receiver) != "":
		return in.exported(in.imported(receiver), name)
	}
	if t := in.typeOf(receiver); t != nil {
		return in.member(t, name)
	}
	if t := in.TryResolveType(receiver); t != nil {
		return in.member(t, name)
	}
	return godoc.Entry{}, false
}

func (in inspector) identifier(name string) (godoc.Entry, bool) {
	if symbol := in.TryResolve(name); symbol != nil {
		if _, isPackage := symbol.Value.(*interp.Import); !isPackage {
			if symbol.Type == nil {
				return godoc.Entry{}, false
			}
			if symbol.Type.Kind() == reflect.Func && symbol.Type.Name() == "" {
				return godoc.Entry{Decl: "func " + name + strings.TrimPrefix(short(symbol.Type), "func")}, true
			}
			return in.typed(map[bool]string{true: "const ", false: "var "}[symbol.Const()]+name+" ", symbol.Type), true
		}
	} else if t := in.TryResolveType(name); t != nil {
		return in.typed("type ", t), true
	}
	if p := in.docs.Package(in.imported(name)); p != nil {
		return p.Entry, true
	}
	return godoc.Entry{}, false
}

// typed documents something by its type.
func (in inspector) typed(prefix string, t xreflect.Type) godoc.Entry {
	e, _ := in.docs.Find(named(t))
	e.Decl = strings.TrimSpace(prefix + short(t) + "\n\n" + e.Decl)
	return e
}

// exported documents an exported name of a package.
func (in inspector) exported(path, name string) (godoc.Entry, bool) {
	if e, ok := in.docs.Find(path, name); ok {
		return e, true
	}
	p := imports.Packages[path]
	if v, ok := p.Binds[name]; ok && v.IsValid() {
		return godoc.Entry{Decl: name + " " + v.Type().String()}, true
	}
	if t, ok := p.Types[name]; ok {
		return godoc.Entry{Decl: "type " + t.String()}, true
	}
	return godoc.Entry{}, false
}

// member documents a field or a method of a type, promoted ones too.
func (in inspector) member(t xreflect.Type, name string) (godoc.Entry, bool) {
	if e, ok := in.declared(t, name, 0); ok {
		return e, true
	}
	e, found := godoc.Entry{}, false
	try(func() {
		field, isField, method, isMethod, _ := in.TryLookupFieldOrMethod(t, name)
		switch {
		case isField:
			e, found = in.typed(name+" ", field.Type), true
		case isMethod:
			e, found = godoc.Entry{Decl: "func (" + short(t) + ") " + name + strings.TrimPrefix(short(method.Type), "func")}, true
		}
	})
	return e, found
}

// declared finds the documentation of a member where it is declared.
func (in inspector) declared(t xreflect.Type, name string, depth int) (godoc.Entry, bool) {
	path, typ := named(t)
	if e, ok := in.docs.Find(path, typ+"."+name); ok {
		if token.IsExported(name) && !strings.HasPrefix(e.Decl, "func") {
			e.Decl = "(" + short(t) + ") " + e.Decl
		}
		return e, true
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || depth > 4 {
		return godoc.Entry{}, false
	}
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			if e, ok := in.declared(f.Type, name, depth+1); ok {
				return e, true
			}
		}
	}
	return godoc.Entry{}, false
}

// named is the package and name of a type, or of what a pointer points to.
func named(t xreflect.Type) (path, name string) {
	if t.Name() == "" && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath(), t.Name()
}

// short is a type as a cell writes it: with the package's name, not its path.
func short(t xreflect.Type) string {
	if r := t.ReflectType(); compiled(t) || t.Name() == "" && !strings.Contains(r.String(), "struct {") {
		return r.String()
	}
	return strings.TrimPrefix(t.String(), "main.")
}
