package result

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// Setting is one key of a run's config.toml with its value.
type Setting struct {
	Key   string // "loss.style.weight"
	Value any    // string, bool, int64, float64; a list or a table of values is a string, see ParseConfig
}

// Text returns the value as people write it. A string has no quotes.
func (s Setting) Text() string {
	switch v := s.Value.(type) {
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// Config reads the configuration of a run of the experiment. It returns nil if there is
// none that can be read.
func (e *Experiment) Config(s RunState) []Setting {
	if s.Dir == "" {
		return nil
	}
	data, err := e.ReadFile(filepath.Join(s.Dir, ConfigFile), maxConfigBytes)
	if err != nil {
		return nil
	}
	all, _ := ParseConfig(data)
	return all
}

const maxConfigBytes = 4 << 20

// ParseConfig reads the bytes of a config.toml as a flat list in the order of the file.
// It accepts any tables, because this package does not know their meaning. Only layers
// and pictures with their weights, which are written as tables, are one value each:
// "conv1_1, conv2_1" if they have equal weights that sum to one, otherwise "conv1_1 =
// 0.5, conv2_1 = 2". A list is "0.1, 0.01".
//
// It decodes the file with the TOML library alone and not with package tree, which keeps
// the places of values for messages about files that people write. This file was written
// by a program, perhaps by an earlier version with other keys: it is data to show.
func ParseConfig(data []byte) ([]Setting, error) {
	var tree map[string]any
	md, err := toml.Decode(string(data), &tree)
	if err != nil {
		return nil, fmt.Errorf("not a configuration: %w", err)
	}
	var all []Setting
	var whole toml.Key // the table that is being skipped
	for _, key := range md.Keys() {
		if whole != nil && len(key) > len(whole) && slices.Equal(key[:len(whole)], whole) {
			continue
		}
		whole = nil
		value := at(tree, key)
		switch v := value.(type) {
		case map[string]any:
			if !weighted(key) {
				continue // the keys follow
			}
			whole = slices.Clone(key)
			value = shares(v, md.Keys(), key)
		case []any:
			parts := make([]string, len(v))
			for i, x := range v {
				parts[i] = Setting{Value: x}.Text()
			}
			value = strings.Join(parts, ", ")
		case string, bool, int64, float64:
		default: // a time, which no configuration has
			value = fmt.Sprint(v)
		}
		name := strings.Join(key, ".")
		share(&name)
		if text, ok := value.(string); ok {
			share(&text)
			value = text
		}
		all = append(all, Setting{name, value})
	}
	return slices.Clip(slices.Clone(all)), nil
}

// weighted reports whether the table of that key maps names to weights.
func weighted(key toml.Key) bool {
	return key[len(key)-1] == "layers" || slices.Equal(key, toml.Key{"images", "style"})
}

func at(tree map[string]any, key toml.Key) any {
	var v any = tree
	for _, k := range key {
		t, ok := v.(map[string]any)
		if !ok {
			return nil // inside a list of tables
		}
		v = t[k]
	}
	return v
}

// shares writes names with weights, in the order of the file.
func shares(weights map[string]any, keys []toml.Key, parent toml.Key) string {
	var names []string
	for _, k := range keys {
		if len(k) == len(parent)+1 && slices.Equal(k[:len(parent)], parent) {
			names = append(names, k[len(parent)])
		}
	}
	equal := true
	for _, n := range names {
		w, ok := weights[n].(float64)
		equal = equal && ok && w == 1/float64(len(names))
	}
	for i, n := range names {
		if !equal {
			names[i] = n + " = " + Setting{Value: weights[n]}.Text()
		}
	}
	return strings.Join(names, ", ")
}

// fileKeys are the keys whose values are names of files. Package config has the same list
// with what the files mean; a test in package plan compares the two, because this package
// does not import config.
var fileKeys = []string{"images.content", "images.style", "loss.NAME.style", "region.NAME.style", "loss.NAME.mask", "region.NAME.mask", "region.NAME.style_mask",
	"start.path", "network.weights", "yardstick.weights"}

// IsFile reports whether the value of a key is the name of a file or of several files.
func IsFile(key string) bool {
	first, last := strings.Index(key, "."), strings.LastIndex(key, ".")
	return slices.Contains(fileKeys, key) || first < last && slices.Contains(fileKeys, key[:first]+".NAME"+key[last:])
}

// Varied returns the keys whose values differ between these configurations, in the
// order of their first appearance. A key that only some of them have also counts. Empty
// configurations are not compared. The result excludes the run's name, title and
// description, and the tables that change no pixel: [log] and [yardstick].
func Varied(configs [][]Setting) []string {
	var order []string
	values := map[string]map[string]bool{}
	count := map[string]int{}
	n := 0
	for _, c := range configs {
		if len(c) > 0 {
			n++
		}
		for _, s := range c {
			if values[s.Key] == nil {
				values[s.Key] = map[string]bool{}
				order = append(order, s.Key)
			}
			values[s.Key][s.Text()] = true
			count[s.Key]++
		}
	}
	return slices.DeleteFunc(order, func(k string) bool {
		table, _, _ := strings.Cut(k, ".")
		return len(values[k]) == 1 && count[k] == n || slices.Contains([]string{"name", "title", "description", "log", "yardstick"}, table)
	})
}
