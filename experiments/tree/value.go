package tree

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Describe describes a value for an error.
func Describe(n *Node) string {
	switch v := n.Value.(type) {
	case string:
		return "the text " + Shorten(strconv.Quote(v))
	case int64:
		return "the number " + strconv.FormatInt(v, 10)
	case float64:
		return "the number " + FormatFloat(v)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return "a date"
	case []*Node:
		if len(v) == 0 {
			return "an empty list"
		}
		return "a list"
	case *Table:
		if len(v.Keys) == 0 {
			return "an empty table"
		}
		return "a table"
	}
	return fmt.Sprintf("%v", n.Value)
}

// Shorten shortens long values in messages.
func Shorten(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// FormatFloat writes the shortest number that reads back the same.
func FormatFloat(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// IsList reports whether the value is a list.
func IsList(n *Node) bool {
	_, ok := n.Value.([]*Node)
	return ok
}

// Float also accepts whole numbers, such as a weight of 1.
func Float(n *Node) (float64, bool) {
	switch v := n.Value.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	}
	return 0, false
}

// Whole also accepts numbers such as 3.0 and 1e3, if they are whole and exact.
func Whole(n *Node) (int64, bool) {
	switch v := n.Value.(type) {
	case int64:
		return v, true
	case float64:
		const exact = 1 << 53
		return int64(v), v == math.Trunc(v) && math.Abs(v) <= exact
	}
	return 0, false
}
