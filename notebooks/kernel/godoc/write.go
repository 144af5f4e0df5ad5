package godoc

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"strings"
)

// Source says where the source files of a package are.
type Source struct {
	Path  string // what an import of it says
	Dir   string
	Files []string // without tests
}

// Write writes the documentation of packages.
func Write(w io.Writer, sources []Source) error {
	z := zip.NewWriter(w)
	for _, s := range sources {
		p, err := collect(s)
		if err != nil {
			return fmt.Errorf("documentation of %s: %w", s.Path, err)
		}
		f, err := z.Create(s.Path)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(f).Encode(p); err != nil {
			return err
		}
	}
	return z.Close()
}

// collector makes the entries of one package.
type collector struct {
	set  *token.FileSet
	docs *doc.Package
	*Package
}

func collect(s Source) (*Package, error) {
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range s.Files {
		f, err := parser.ParseFile(set, filepath.Join(s.Dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	docs, err := doc.NewFromFiles(set, files, s.Path)
	if err != nil {
		return nil, err
	}
	c := collector{set, docs, &Package{Path: s.Path, Name: docs.Name, Names: map[string]Entry{}}}
	c.Entry = c.entry(fmt.Sprintf("package %s // import %q", docs.Name, s.Path), docs.Doc)
	c.values(docs.Consts)
	c.values(docs.Vars)
	c.funcs("", docs.Funcs)
	for _, t := range docs.Types {
		c.typ(t)
	}
	return c.Package, nil
}

func (c collector) entry(decl, text string) Entry {
	parsed := c.docs.Parser().Parse(text)
	withoutLinks(parsed.Content)
	p := c.docs.Printer()
	p.HeadingLevel = 4
	p.HeadingID = func(*comment.Heading) string { return "" }
	return Entry{
		Decl:     decl,
		Text:     strings.TrimSpace(string(p.Text(parsed))),
		Markdown: strings.TrimSpace(string(p.Markdown(parsed))),
	}
}

// withoutLinks replaces links to other names by their text: a notebook has no pages
// that they could lead to.
func withoutLinks(blocks []comment.Block) {
	for _, b := range blocks {
		switch b := b.(type) {
		case *comment.Paragraph:
			b.Text = unlinked(b.Text)
		case *comment.Heading:
			b.Text = unlinked(b.Text)
		case *comment.List:
			for _, item := range b.Items {
				withoutLinks(item.Content)
			}
		}
	}
}

func unlinked(text []comment.Text) []comment.Text {
	var plain []comment.Text
	for _, t := range text {
		if link, ok := t.(*comment.DocLink); ok {
			plain = append(plain, link.Text...)
		} else {
			plain = append(plain, t)
		}
	}
	return plain
}

// source is a node as Go source.
func (c collector) source(node any) string {
	var b bytes.Buffer
	if err := format.Node(&b, c.set, node); err != nil {
		return ""
	}
	return b.String()
}

func (c collector) values(groups []*doc.Value) {
	for _, g := range groups {
		for _, s := range g.Decl.Specs {
			spec, ok := s.(*ast.ValueSpec)
			if !ok {
				continue
			}
			text := spec.Doc.Text() + spec.Comment.Text()
			if text == "" {
				text = g.Doc
			}
			bare := *spec
			bare.Doc, bare.Comment = nil, nil
			for _, name := range spec.Names {
				c.Names[name.Name] = c.entry(g.Decl.Tok.String()+" "+c.source(&bare), text)
			}
		}
	}
}

func (c collector) funcs(receiver string, funcs []*doc.Func) {
	for _, f := range funcs {
		bare := *f.Decl
		bare.Doc, bare.Body = nil, nil
		c.Names[receiver+f.Name] = c.entry(c.source(&bare), f.Doc)
	}
}

func (c collector) typ(t *doc.Type) {
	bare := *t.Decl
	bare.Doc = nil
	c.Names[t.Name] = c.entry(c.source(&bare), t.Doc)
	c.values(t.Consts)
	c.values(t.Vars)
	c.funcs("", t.Funcs)
	for _, s := range t.Decl.Specs {
		spec, ok := s.(*ast.TypeSpec)
		if !ok {
			continue
		}
		switch underlying := spec.Type.(type) {
		case *ast.StructType:
			c.fields(t.Name, underlying.Fields)
		case *ast.InterfaceType:
			c.fields(t.Name, underlying.Methods)
		}
	}
	c.funcs(t.Name+".", t.Methods)
}

// fields adds the fields of a struct or the methods of an interface.
func (c collector) fields(owner string, list *ast.FieldList) {
	for _, f := range list.List {
		text := f.Doc.Text()
		if beside := f.Comment.Text(); beside != "" {
			text = strings.TrimSpace(text + "\n" + beside)
		}
		for _, name := range f.Names {
			decl := name.Name + " " + c.source(f.Type)
			if _, method := f.Type.(*ast.FuncType); method {
				decl = strings.Replace(decl, " func(", "(", 1)
			}
			c.Names[owner+"."+name.Name] = c.entry(decl, text)
		}
	}
}
