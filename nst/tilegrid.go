package nst

import (
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/topology"
)

// The tiles of an image: which pixels each of them evaluates.

// span is from … to-1.
type span struct{ from, to int }

// cut is a tile along one axis, in pixels. The layers are evaluated on patch. The
// positions of core belong to the tile.
type cut struct {
	patch, core span
	last        bool // core ends with the image
}

// cuts divides a side of n pixels into tiles of size pixels, with a halo on both sides.
// size and halo are multiples of align, so that poolings of a tile are those of the image.
// Patches begin at multiples of grid unless tiles are smaller, so that the transforms of
// convolutions round as those of the image do.
func cuts(n, size, align, halo, grid int) []cut {
	first := size
	if size >= grid {
		size -= size % grid
		if first = size + halo%grid; first > size {
			first -= grid
		}
	}
	var all []cut
	for at := 0; at < n; {
		to := at + size
		if at == 0 && first > 0 {
			to = first
		}
		if to+align > n { // less than a position would be left
			to = n
		}
		all = append(all, cut{span{max(0, at-halo), min(n, to+halo)}, span{at, to}, to == n})
		at = to
	}
	return all
}

// rows returns the positions of the core in the patch's maps at a layer, whose patch has
// have positions.
func (c cut) rows(reduction, have int) span {
	s := span{(c.core.from - c.patch.from) / reduction, (c.core.to - c.patch.from) / reduction}
	if c.last {
		s.to = have
	}
	return s
}

// shape identifies cuts whose programs are the same.
func (c cut) shape() cut {
	return cut{span{0, c.patch.to - c.patch.from}, span{c.core.from - c.patch.from, c.core.to - c.patch.from}, c.last}
}

// reach returns what tiles must be multiples of for these layers, in pixels, how far
// beyond a tile the layers read, and the grid of the transforms of the deepest convolution.
func reach(net *topology.Network, layers []string) (align, halo, grid int) {
	align, grid = 1, 1
	beyond := sight(net, layers)
	for _, l := range net.Path(layers...) {
		align, halo = max(align, net.Reduction(l)), max(halo, beyond[l.Name])
		if l.Kind == topology.Convolution && !net.OnImage(l) {
			grid = max(grid, kernel.ConvGrid*net.Reduction(l))
		}
	}
	return align, (halo + align - 1) / align * align, grid
}

// sight returns how many pixels beyond its own a position of each layer sees, on each side.
func sight(net *topology.Network, layers []string) map[string]int {
	beyond := map[string]int{}
	for _, l := range net.Path(layers...) {
		r := net.Reduction(l)
		n := beyond[l.From]
		switch l.Kind {
		case topology.Convolution:
			n += l.Size / 2 * r
		case topology.Downsample: // five taps of the larger image
			n += 2 * r / 2
		}
		beyond[l.Name] = n
	}
	return beyond
}
