//go:build !unix && !windows

package kernel

// slabsOutside reports that slabs are not in Go's heap.
const slabsOutside = false

// takeSlab returns n zeroed values and the function that releases them.
func takeSlab(n int) ([]float32, func(), error) { return Alloc(n), func() {}, nil }
