package config

import (
	"fmt"
	"path/filepath"
	"strings"
)

// FreeName is a file's name, with a number where another file has that name.
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

// An Source is a picture that runs read, by what it is to them.
type Source struct{ Role, Path string }

// Sources lists the pictures of a run.
func Sources(c *Config) []Source {
	var all []Source
	if c.Images.Content != "" {
		all = append(all, Source{"content", c.Images.Content})
	}
	for _, s := range c.Images.Style {
		all = append(all, Source{"style", s.Path})
	}
	if c.Start.Path != "" {
		all = append(all, Source{"start", c.Start.Path})
	}
	return all
}
