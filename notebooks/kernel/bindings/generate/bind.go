//go:build linux || darwin

package main

import (
	"bytes"
	"fmt"
	"go/constant"
	"go/format"
	"go/types"
	"strconv"
	"strings"

	"github.com/cosmos72/gomacro/base/untyped"
)

// binder writes one package's file.
type binder struct {
	pkg     *types.Package
	names   map[string]string // what packages are called in the file, by path
	skipped []string          // what was left out, with the reason

	values, types, proxies, untypeds, wrappers bytes.Buffer // the table's parts
	code                                       bytes.Buffer // the proxies' declarations
}

// bind returns the source that makes a package known to the interpreter.
func bind(p *types.Package) ([]byte, error) {
	b := &binder{pkg: p, names: map[string]string{}}
	b.name(p)
	scope := p.Scope()
	for _, name := range scope.Names() {
		object := scope.Lookup(name)
		if !object.Exported() {
			continue
		}
		switch o := object.(type) {
		case *types.Const:
			b.constant(o)
		case *types.Var:
			fmt.Fprintf(&b.values, "%q: reflect.ValueOf(&%s).Elem(),\n", name, b.qualified(name))
		case *types.Func:
			if o.Signature().TypeParams().Len() > 0 {
				b.skip(name, "generic function")
				continue
			}
			fmt.Fprintf(&b.values, "%q: reflect.ValueOf(%s),\n", name, b.qualified(name))
		case *types.TypeName:
			b.typ(o)
		}
	}
	return b.file()
}

func (b *binder) skip(name, why string) { b.skipped = append(b.skipped, name+": "+why) }

// name is what a package is called in the file: its own name, numbered where
// two have the same.
func (b *binder) name(p *types.Package) string {
	if name, ok := b.names[p.Path()]; ok {
		return name
	}
	taken := map[string]bool{"reflect": true, "imports": true, "init": true}
	for _, name := range b.names {
		taken[name] = true
	}
	name := p.Name()
	for i := 2; taken[name]; i++ {
		name = p.Name() + strconv.Itoa(i)
	}
	b.names[p.Path()] = name
	return name
}

func (b *binder) qualified(name string) string { return b.name(b.pkg) + "." + name }

// constant binds a constant; an untyped one also as exact text, for it has no
// limits in Go.
func (b *binder) constant(o *types.Const) {
	value := b.qualified(o.Name())
	if t, ok := o.Type().(*types.Basic); ok && t.Info()&types.IsUntyped != 0 {
		fmt.Fprintf(&b.untypeds, "%q: %q,\n", o.Name(), untyped.Marshal(untyped.GoUntypedToKind(t.Kind()), o.Val()))
		if o.Val().Kind() == constant.Int {
			if _, fits := constant.Int64Val(o.Val()); !fits {
				value = "float64(" + value + ")" // the text has the number
			} else {
				value = "int64(" + value + ")"
			}
		}
	}
	fmt.Fprintf(&b.values, "%q: reflect.ValueOf(%s),\n", o.Name(), value)
}

// typ binds a type; an interface with a proxy, through which a type of a cell
// can be it, and a struct with the list of its promoted methods, which
// reflection cannot tell from its own.
func (b *binder) typ(o *types.TypeName) {
	name := o.Name()
	if generic(o.Type()) {
		b.skip(name, "generic type")
		return
	}
	i, isInterface := o.Type().Underlying().(*types.Interface)
	if isInterface && !i.IsMethodSet() {
		b.skip(name, "a constraint, not a type of values")
		return
	}
	fmt.Fprintf(&b.types, "%q: reflect.TypeOf((*%s)(nil)).Elem(),\n", name, b.qualified(name))
	if isInterface {
		b.proxy(name, i)
		return
	}
	var promoted []string
	if _, ok := o.Type().(*types.Named); ok {
		for s := range types.NewMethodSet(types.NewPointer(o.Type())).Methods() {
			if len(s.Index()) > 1 && s.Obj().Exported() {
				promoted = append(promoted, strconv.Quote(s.Obj().Name()))
			}
		}
	}
	if promoted != nil {
		fmt.Fprintf(&b.wrappers, "%q: {%s},\n", name, strings.Join(promoted, ", "))
	}
}

func generic(t types.Type) bool {
	switch t := t.(type) {
	case *types.Named:
		return t.TypeParams().Len() > 0
	case *types.Alias:
		return t.TypeParams().Len() > 0
	}
	return false
}

// proxy declares a struct that is the interface by calling functions, which
// the interpreter fills in with a type's methods.
func (b *binder) proxy(name string, i *types.Interface) {
	for m := range i.Methods() {
		if !m.Exported() {
			return // nothing outside its package can be it
		}
	}
	proxy := "proxy_" + identifier(b.pkg.Path()) + "_" + name
	fmt.Fprintf(&b.proxies, "%q: reflect.TypeOf((*%s)(nil)).Elem(),\n", name, proxy)
	var methods bytes.Buffer
	fmt.Fprintf(&b.code, "\ntype %s struct {\nObject any\n", proxy)
	for m := range i.Methods() {
		s := m.Signature()
		var with, without, arguments []string
		for k := range s.Params().Len() {
			typ := types.TypeString(s.Params().At(k).Type(), b.name)
			argument := fmt.Sprintf("p%d", k)
			if s.Variadic() && k == s.Params().Len()-1 {
				typ = "..." + strings.TrimPrefix(typ, "[]")
				with = append(with, argument+" "+typ)
				argument += "..."
			} else {
				with = append(with, argument+" "+typ)
			}
			without = append(without, typ)
			arguments = append(arguments, argument)
		}
		var results []string
		for k := range s.Results().Len() {
			results = append(results, types.TypeString(s.Results().At(k).Type(), b.name))
		}
		result, give := "", ""
		if results != nil {
			result, give = "("+strings.Join(results, ", ")+")", "return "
		}
		fmt.Fprintf(&b.code, "%s_ func(%s) %s\n", m.Name(), strings.Join(append([]string{"any"}, without...), ", "), result)
		fmt.Fprintf(&methods, "\nfunc (p *%s) %s(%s) %s {\n%sp.%s_(%s)\n}\n", proxy, m.Name(), strings.Join(with, ", "), result,
			give, m.Name(), strings.Join(append([]string{"p.Object"}, arguments...), ", "))
	}
	b.code.WriteString("}\n")
	b.code.Write(methods.Bytes())
}

func (b *binder) file() ([]byte, error) {
	var f bytes.Buffer
	fmt.Fprintf(&f, "// Code generated by notebooks/kernel/bindings/generate. DO NOT EDIT.\n\n//go:build linux || darwin\n\n")
	for _, s := range b.skipped {
		fmt.Fprintf(&f, "// Not bound: %s.\n", s)
	}
	fmt.Fprintf(&f, "\npackage bindings\n\nimport (\n\"reflect\"\n\n\"github.com/cosmos72/gomacro/imports\"\n")
	for path, name := range b.names {
		fmt.Fprintf(&f, "%s %q\n", name, path)
	}
	fmt.Fprintf(&f, ")\n\nfunc init() {\nimports.Packages[%q] = imports.Package{\nName: %q,\n", b.pkg.Path(), b.pkg.Name())
	for _, part := range []struct {
		name, typ string
		content   *bytes.Buffer
	}{
		{"Binds", "map[string]reflect.Value", &b.values},
		{"Types", "map[string]reflect.Type", &b.types},
		{"Proxies", "map[string]reflect.Type", &b.proxies},
		{"Untypeds", "map[string]string", &b.untypeds},
		{"Wrappers", "map[string][]string", &b.wrappers},
	} {
		if part.content.Len() > 0 {
			fmt.Fprintf(&f, "%s: %s{\n%s},\n", part.name, part.typ, part.content)
		}
	}
	f.WriteString("}\n}\n")
	f.Write(b.code.Bytes())
	return format.Source(f.Bytes())
}
