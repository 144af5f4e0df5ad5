package nst

import (
	"strings"
)

// choices lists the values of an option by name, the default first.
type choices[K ~string, V any] []struct {
	name  K
	value V
}

// of returns the value of a name; an empty name gives the default. The error contains kind
// and lists all names.
func (c choices[K, V]) of(kind string, name K) (V, error) {
	if name == "" {
		return c[0].value, nil
	}
	names := make([]string, len(c))
	for i, choice := range c {
		if choice.name == name {
			return choice.value, nil
		}
		names[i] = string(choice.name)
	}
	var none V
	return none, errorf("%s %q is unknown: choose %s", kind, string(name), listed(names))
}

// listed returns "a, b or c".
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
