package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/tree"
)

// FreeName returns the name of a file. It adds a number if another file has that name.
func FreeName(name string, names map[string]string) string {
	taken := func(name string) bool {
		for _, n := range names {
			if strings.EqualFold(n, name) {
				return true
			}
		}
		return false
	}
	ext := filepath.Ext(name)
	free := name
	for n := 2; taken(free); n++ {
		free = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
	}
	return free
}

// File is a key that names files, with the role of these files in a run.
type File struct {
	Role    string // "content", "style", "mask", "style-mask", "start", "weights", "yardstick"
	Section string // of the key
	Named   bool   // the section has tables with names, each with the key
	Key     string
	Weights bool // the files are weights of a network; otherwise they are pictures
	Aside   bool // the files change no pixel of the result
	sources func(c *Config) []source
}

// source is a path in a Config, and the name of its table if the section has tables with names.
type source struct {
	table string
	path  *string
}

func one(path *string) []source { return []source{{"", path}} }

func many(table string, images []WeightedImage) []source {
	var all []source
	for i := range images {
		all = append(all, source{table, &images[i].Path})
	}
	return all
}

func ofLosses(sources func(l *Loss) []source) func(c *Config) []source {
	return func(c *Config) (all []source) {
		for i := range c.Losses {
			all = append(all, sources(&c.Losses[i])...)
		}
		return all
	}
}

func ofRegions(sources func(r *Region) []source) func(c *Config) []source {
	return func(c *Config) (all []source) {
		for i := range c.Regions {
			all = append(all, sources(&c.Regions[i])...)
		}
		return all
	}
}

// Files are the keys that name files.
var Files = []File{
	{Role: "content", Section: "images", Key: "content", sources: func(c *Config) []source { return one(&c.Images.Content) }},
	{Role: "style", Section: "images", Key: "style", sources: func(c *Config) []source { return many("", c.Images.Style) }},
	{Role: "style", Section: "loss", Named: true, Key: "style", sources: ofLosses(func(l *Loss) []source { return many(l.Name, l.Style) })},
	{Role: "style", Section: "region", Named: true, Key: "style", sources: ofRegions(func(r *Region) []source { return many(r.Name, r.Style) })},
	{Role: "mask", Section: "loss", Named: true, Key: "mask", sources: ofLosses(func(l *Loss) []source { return []source{{l.Name, &l.Mask.Path}} })},
	{Role: "mask", Section: "region", Named: true, Key: "mask", sources: ofRegions(func(r *Region) []source { return []source{{r.Name, &r.Mask.Path}} })},
	{Role: "style-mask", Section: "region", Named: true, Key: "style_mask", sources: ofRegions(func(r *Region) []source { return []source{{r.Name, &r.StyleMask.Path}} })},
	{Role: "start", Section: "start", Key: "path", sources: func(c *Config) []source { return one(&c.Start.Path) }},
	{Role: "weights", Section: "network", Key: "weights", Weights: true, sources: func(c *Config) []source { return one(&c.Network.Weights) }},
	{Role: "yardstick", Section: "yardstick", Key: "weights", Weights: true, Aside: true, sources: func(c *Config) []source { return one(&c.Yardstick.Weights) }},
}

// KeyOfRole returns the dotted key that names the files of a role.
func KeyOfRole(role string) string {
	for _, f := range Files {
		if f.Role == role {
			return f.Name()
		}
	}
	return role
}

// Source is a file that a run reads.
type Source struct {
	File
	Table string  // the name of the table, if the file is Named
	Path  *string // points into the Config
}

// Sources lists the files that a run reads, in the order of Files.
func (c *Config) Sources() []Source {
	var all []Source
	for _, f := range Files {
		for _, s := range f.sources(c) {
			if *s.path != "" {
				all = append(all, Source{f, s.table, s.path})
			}
		}
	}
	return all
}

// Name returns the dotted key; with NAME for the name of a table.
func (f File) Name() string {
	if f.Named {
		return f.Section + ".NAME." + f.Key
	}
	return f.Section + "." + f.Key
}

// Name returns the dotted key.
func (s Source) Name() string {
	if s.Named {
		return s.Section + "." + tree.WriteKey(s.Table) + "." + s.Key
	}
	return s.File.Name()
}

// FileNode is a key of a tree that names files.
type FileNode struct {
	File
	Path []string // of the key
	Node *tree.Node
}

// FileNodes lists the keys of a tree that name files.
func FileNodes(root *tree.Table) []FileNode {
	var all []FileNode
	for _, f := range Files {
		section := root.Get(f.Section).Table()
		if !f.Named {
			if n := section.Get(f.Key); n != nil {
				all = append(all, FileNode{f, []string{f.Section, f.Key}, n})
			}
			continue
		}
		if section == nil {
			continue
		}
		for _, name := range section.Keys {
			if n := section.Get(name).Table().Get(f.Key); n != nil {
				all = append(all, FileNode{f, []string{f.Section, name, f.Key}, n})
			}
		}
	}
	return all
}

// Clone returns a copy. The sources of the copy can be renamed.
func (c *Config) Clone() *Config {
	d := *c
	d.Images.Style, d.Losses, d.Regions = slices.Clone(c.Images.Style), slices.Clone(c.Losses), slices.Clone(c.Regions)
	for i := range d.Losses {
		d.Losses[i].Style = slices.Clone(d.Losses[i].Style)
	}
	for i := range d.Regions {
		d.Regions[i].Style = slices.Clone(d.Regions[i].Style)
	}
	return &d
}
