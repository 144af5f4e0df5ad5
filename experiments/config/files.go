package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
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
	Role    string // "content", "style", "start", "weights", "yardstick"
	Section string // of the key
	Key     string
	Weights bool // the files are weights of a network; otherwise they are pictures
	Aside   bool // the files change no pixel of the result
	paths   func(c *Config) []*string
}

// Files are the keys that name files.
var Files = []File{
	{Role: "content", Section: "images", Key: "content", paths: func(c *Config) []*string { return []*string{&c.Images.Content} }},
	{Role: "style", Section: "images", Key: "style", paths: func(c *Config) []*string {
		var all []*string
		for i := range c.Images.Style {
			all = append(all, &c.Images.Style[i].Path)
		}
		return all
	}},
	{Role: "start", Section: "start", Key: "path", paths: func(c *Config) []*string { return []*string{&c.Start.Path} }},
	{Role: "weights", Section: "network", Key: "weights", Weights: true, paths: func(c *Config) []*string { return []*string{&c.Network.Weights} }},
	{Role: "yardstick", Section: "yardstick", Key: "weights", Weights: true, Aside: true, paths: func(c *Config) []*string { return []*string{&c.Yardstick.Weights} }},
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
	Path *string // points into the Config
}

// Sources lists the files that a run reads, in the order of Files.
func (c *Config) Sources() []Source {
	var all []Source
	for _, f := range Files {
		for _, p := range f.paths(c) {
			if *p != "" {
				all = append(all, Source{f, p})
			}
		}
	}
	return all
}

// Name returns the dotted key.
func (f File) Name() string { return f.Section + "." + f.Key }

// Clone returns a copy. The sources of the copy can be renamed.
func (c *Config) Clone() *Config {
	d := *c
	d.Images.Style, d.Losses = slices.Clone(c.Images.Style), slices.Clone(c.Losses)
	return &d
}
