package config

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/nst"
)

// Memory says how a run uses memory: "default", "low", or a bound such as "2 GB".
type Memory string

var memoryBound = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?(MB|GB)$`)

// Bound returns the bound in bytes; ok is false if there is none. 1 GB is 2^30 bytes.
func (m Memory) Bound() (bytes int64, ok bool) {
	parts := memoryBound.FindStringSubmatch(string(m))
	if parts == nil {
		return 0, false
	}
	v, err := strconv.ParseFloat(parts[1], 64)
	v *= map[string]float64{"MB": 1 << 20, "GB": 1 << 30}[parts[2]]
	return int64(v), err == nil && v >= 1 && v < math.MaxInt64/2
}

// Maps returns how the maps are kept. Under a bound memory is saved first by computing
// maps again.
func (m Memory) Maps() nst.Memory {
	if _, ok := m.Bound(); ok {
		return nst.LowMemory
	}
	return nst.Memory(m)
}

// wholeMaps reports whether a loss reads more of a picture than sums over positions, so that it
// cannot be evaluated in tiles. Its options say so.
func wholeMaps(o LossOptions) bool {
	w, says := o.(interface{ wholeMaps() bool })
	return says && w.wholeMaps()
}

// withWholeMaps lists the kinds of losses that cannot be evaluated in tiles.
func withWholeMaps() (names []string) {
	for _, k := range lossKinds {
		if wholeMaps(k.make()) {
			names = append(names, k.name)
		}
	}
	return names
}

// memoryField is part of the identity only if it sets a bound: tiles change the order of
// additions.
func memoryField(r *Run) field.Field {
	f := field.Of("memory", `default, low, or a bound such as "2 GB"`, &r.Memory, Memory(nst.KeepMaps), func(n *tree.Node) (Memory, *field.Error) {
		s, ok := n.Value.(string)
		m := Memory(s)
		if _, bound := m.Bound(); !ok || !bound && m.Maps() != nst.KeepMaps && m.Maps() != nst.LowMemory {
			return "", &field.Error{At: n}
		}
		return m, nil
	}, func(m Memory) any { return string(m) }).
		Accepts(field.Schema{"anyOf": []field.Schema{{"enum": []string{string(nst.KeepMaps), string(nst.LowMemory)}}, {"type": "string", "pattern": memoryBound.String()}}}).
		Says(`"low" halves the memory for the same pixels and costs time: large maps are computed twice, transformed filters are not kept. With a bound, such as "2 GB", a run that needs more evaluates its losses in tiles, without seams, in about twice the time. This is not possible for losses that do not add up over positions: ` +
			strings.Join(withWholeMaps(), ", ") + `, and activation of a single map.`)
	_, bound := r.Memory.Bound()
	f.Aside = !bound
	return f
}
