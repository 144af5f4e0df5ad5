package plan

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/tree"
)

// Labels are the names of an axis' values. They appear in the names of runs, and in the
// rows and columns of a report.

const (
	maxLabel = 40  // of a label that is made from a value
	maxNamed = 100 // of a label in the file
)

// checkLabels reports labels of a file that cannot be printed or told apart.
func checkLabels(key string, t *tree.Table, p *tree.Problems) bool {
	before := p.Count
	seen := map[string]string{}
	for _, label := range t.Keys {
		at := t.Nodes[label].Key
		wrong := func(found, want string) { p.Add(at, key, found, want) }
		shown := tree.Shorten(tree.WriteString(label))
		other, twice := seen[config.Fold(label)]
		seen[config.Fold(label)] = shown
		switch {
		case label == "":
			wrong("a name without letters", "a name that heads a row or a column")
		case strings.ContainsFunc(label, func(r rune) bool { return !unicode.IsPrint(r) }):
			wrong("the name "+shown+" with a character that cannot be printed", "a name of letters, digits, signs and spaces")
		case strings.TrimSpace(label) != label:
			wrong("the name "+shown+" with spaces around it", "a name without them")
		case len([]rune(label)) > maxNamed:
			wrong(fmt.Sprintf("a name of %d characters", len([]rune(label))), fmt.Sprintf("at most %d", maxNamed))
		case twice:
			wrong("the names "+other+" and "+shown, "names that differ in more than upper and lower case")
		}
	}
	return p.Count == before
}

// labelValues gives labels to the values that have none in the file. Different values
// get different labels. Equal values, which zip allows, get the same label.
func labelValues(values []axisValue) {
	ids := make([]string, len(values))
	count := map[string]map[string]bool{} // label -> the values that it stands for
	for i, v := range values {
		ids[i] = fingerprint(v.node)
		label := labelOf(v.node, true)
		if count[label] == nil {
			count[label] = map[string]bool{}
		}
		count[label][ids[i]] = true
	}
	owner := map[string]string{}
	for i, v := range values {
		label := labelOf(v.node, true)
		if len(count[label]) > 1 { // two pictures have the same name: the longer path distinguishes them
			label = labelOf(v.node, false)
		}
		unique := label
		for n := 2; owner[unique] != "" && owner[unique] != ids[i]; n++ {
			unique = label + "#" + strconv.Itoa(n)
		}
		owner[unique] = ids[i]
		values[i].label = unique
	}
}

// fingerprint returns the same text for equal values, such as 1 and 1.0.
func fingerprint(n *tree.Node) string {
	const exact = 1 << 53 // larger whole numbers are seeds, not floats
	if i, ok := n.Value.(int64); ok && (i > exact || i < -exact) {
		return strconv.FormatInt(i, 10)
	}
	if v, ok := tree.Float(n); ok {
		return tree.FormatFloat(v)
	}
	var b strings.Builder
	switch v := n.Value.(type) {
	case string:
		b.WriteString(strconv.Quote(v))
	case []*tree.Node:
		b.WriteByte('[')
		for _, e := range v {
			b.WriteString(fingerprint(e) + ",")
		}
		b.WriteByte(']')
	case *tree.Table:
		b.WriteByte('{')
		for _, k := range v.Keys {
			b.WriteString(strconv.Quote(k) + "=" + fingerprint(v.Nodes[k]) + ",")
		}
		b.WriteByte('}')
	default:
		fmt.Fprint(&b, v)
	}
	return b.String()
}

// labelOf returns the label of one value, independent of the other values.
func labelOf(n *tree.Node, short bool) string {
	s := ""
	switch v := n.Value.(type) {
	case string:
		s = strings.TrimPrefix(v, presetPrefix)
		if short && (isPicture(v) || path.Ext(v) == ".toml") {
			s = strings.TrimSuffix(path.Base(filepath.ToSlash(v)), path.Ext(v))
		}
	case int64:
		s = strconv.FormatInt(v, 10)
	case float64:
		s = tree.FormatFloat(v)
	case bool:
		s = strconv.FormatBool(v)
	case []*tree.Node:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = labelOf(e, short)
		}
		s = strings.Join(parts, "+")
	case *tree.Table:
		var parts []string
		for _, k := range v.Keys {
			e := labelOf(v.Nodes[k], short)
			if (k == "kind" || k == "from" || k == "name") && len(parts) == 0 {
				parts = append(parts, e)
			} else {
				if short && isPicture(k) {
					k = strings.TrimSuffix(path.Base(filepath.ToSlash(k)), path.Ext(k))
				}
				parts = append(parts, k+"="+e)
			}
		}
		s = strings.Join(parts, ",")
	}
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, s)
	if s = strings.TrimSpace(s); s == "" {
		s = "none"
	}
	if r := []rune(s); len(r) > maxLabel {
		s = string(r[:maxLabel])
	}
	return s
}

func isPicture(s string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg"}, strings.ToLower(path.Ext(s)))
}

// shortKey returns an axis' key without the table, if the table is obvious.
func shortKey(p []string) string {
	if len(p) > 1 && slices.Contains([]string{"loss", "images", "run", "network"}, p[0]) {
		p = p[1:]
	}
	return tree.JoinKey(p)
}
