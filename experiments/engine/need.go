package engine

import (
	"context"
	"slices"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/measure"
	"github.com/gonst/workbench/nst"
)

// processBytes is what the program takes without a run: its code, the Go runtime, and what
// is drawn for the page.
const processBytes = 56 << 20

// Need returns the memory, in bytes, that a process takes which makes the run and nothing
// else. It loads the pictures, reads no filters and computes nothing of the network.
// TestPlannedMemory compares it with runs, bench/memory with many.
func Need(ctx context.Context, c *config.Config, threads int) (int64, error) {
	t, pictures, err := Assemble(ctx, c, threads, nil)
	if err != nil {
		return 0, err
	}
	n, err := needsOf(ctx, c, t, pictures)
	if err != nil {
		return 0, err
	}
	w, err := n.way(ctx, t.Memory, t.Tile)
	return w.Bytes, err
}

// needs is what a run takes besides the maps of its losses.
type needs struct {
	config   *config.Config
	transfer *nst.Transfer
	pictures *config.Pictures
	stick    measure.Yardstick // with the network nil if nothing is measured
	reading  int64             // bytes that the yardstick's maps take
	own      int64             // bytes that maps of the whole picture take when the run's own network measures
}

func needsOf(ctx context.Context, c *config.Config, t *nst.Transfer, p *config.Pictures) (*needs, error) {
	n := &needs{config: c, transfer: t, pictures: p}
	var err error
	if c.Log.Measures || c.Log.Yardstick > 0 {
		y := c.Yardstick
		if y.Network == "" {
			y = ChooseYardsticks([]*config.Config{c})[0]
		}
		if n.stick, err = OpenYardstick(ctx, y, t.Threads); err != nil {
			return nil, err
		}
		if n.reading, err = readingNeed(n.stick, y.Size, y.Size); err != nil {
			return nil, err
		}
		if sharesNetwork(y, c.Network) {
			n.stick.Network = t.Network
		}
	}
	if c.Log.Measures {
		n.own, err = byOwnNetworkNeed(n.ownLayers(), t, p)
	}
	return n, err
}

func (n *needs) ownLayers() ownLayers {
	return ownLayersOf(n.config, ScalesOf(n.transfer, n.pictures), min(n.transfer.Width, n.transfer.Height))
}

// bytes returns what the run takes if it is evaluated as t says, in maps of so many bytes.
func (n *needs) bytes(t *nst.Transfer, maps int64) (int64, error) {
	if !n.config.Log.Measures {
		return n.at(t, maps, vectors(n.config), nil)
	}
	o := n.ownLayers()
	read := slices.Concat(o.content, o.style)
	if t.Tile == 0 { // after the run, which has released its maps
		return n.at(t, max(maps, n.own), vectors(n.config), read)
	}
	own, err := byOwnNetworkNeed(o, t, n.pictures)
	if err != nil {
		return 0, err
	}
	measuring, err := n.at(t, own, otherVectors, read) // after the run, which has released its vectors, too
	if err != nil {
		return 0, err
	}
	running, err := n.at(t, maps, vectors(n.config), nil)
	return max(running, measuring), err
}

// at returns what the run takes at a time when it holds maps of so many bytes, so many vectors
// of the picture's size, and the filters of the layers in read besides those of the losses.
func (n *needs) at(t *nst.Transfer, maps, vectors int64, read []string) (int64, error) {
	var filters, working int64
	switch sticks := slices.Concat(n.stick.Content, n.stick.Style); n.stick.Network {
	case nil:
	case t.Network:
		read = append(read, sticks...)
	default:
		var err error
		if filters, working, err = n.stick.Network.FilterBytes(t.Memory, nil, sticks); err != nil {
			return 0, err
		}
	}
	own, more, err := t.Network.FilterBytes(t.Memory, layersOf(t), read)
	filters += own + max(working, more)
	held := 12 * vectors * int64(t.Width) * int64(t.Height)
	for _, m := range n.pictures.Masks {
		held += 4 * int64(len(m.Weights))
	}
	if _, bounded := n.config.Run.Memory.Bound(); !bounded {
		held, filters = held+garbage(t), withGarbage(filters)
	}
	return processBytes + held + n.reading + withScratch(maps) + filters, err
}

// TransferNeed is Need for a transfer without measures, with an optimiser of so many vectors.
func TransferNeed(ctx context.Context, t *nst.Transfer, optimizer int) (int64, error) {
	f, err := t.Footprint(ctx)
	if err != nil {
		return 0, err
	}
	filters, working, err := t.Network.FilterBytes(t.Memory, layersOf(t), nil)
	held := 12 * int64(otherVectors+optimizer) * int64(t.Width) * int64(t.Height)
	return processBytes + held + garbage(t) + withScratch(f.Bytes) + withGarbage(filters+working), err
}

// withScratch adds a twentieth for the kernels' working memory and for whole pages.
func withScratch(maps int64) int64 { return maps + maps/20 }

// garbage is what Go's collector leaves of vectors of the picture's size.
func garbage(t *nst.Transfer) int64 { return 6 * otherVectors * int64(t.Width) * int64(t.Height) }

// withGarbage adds a fifth for what is left of reading and transforming filters.
func withGarbage(filters int64) int64 { return filters + filters/5 }

func layersOf(t *nst.Transfer) []string {
	var all []string
	for _, term := range t.Objective {
		all = append(all, term.Loss.Needs().Layers...)
	}
	return all
}

// byOwnNetworkNeed returns what measuring by the run's own network takes.
func byOwnNetworkNeed(o ownLayers, t *nst.Transfer, p *config.Pictures) (bytes int64, err error) {
	own := measure.Yardstick{Network: t.Network, Tile: t.Tile}
	for _, own.Content = range readTogether(own, o.content) {
		n, err := readingNeed(own, t.Width, t.Height)
		if err != nil {
			return 0, err
		}
		bytes = max(bytes, n)
	}
	if len(o.style) == 0 {
		return bytes, nil
	}
	own.Content, own.Style = nil, o.style
	width, height := t.Width, t.Height
	for _, s := range p.Style {
		if s.Image.Width*s.Image.Height > width*height {
			width, height = s.Image.Width, s.Image.Height
		}
	}
	n, err := readingNeed(own, width, height)
	return max(bytes, n), err
}

// readingNeed returns what a yardstick takes that reads a picture of this size: the maps,
// and the features of the reference and of the picture.
func readingNeed(y measure.Yardstick, width, height int) (int64, error) {
	e, err := y.Network.ExtractorWith(nst.ExtractorOptions{Maps: y.Content, Grams: y.Style, Tile: y.Tile})
	if err != nil {
		return 0, err
	}
	maps, result, err := e.Footprint(width, height)
	return maps + 2*result, err
}

// CostKey is equal for configurations with the same cost: they differ only in names, seeds,
// rates, and weights of losses.
func CostKey(c *config.Config) string {
	d := c.Clone()
	d.Name, d.Title, d.Description = "", "", ""
	d.Seed, d.Network.Seed, d.Start.Seed = 0, 0, 0
	d.Schedule = config.Schedule{Kind: "constant", Options: &config.Constant{}}
	for i := range d.Losses {
		l := &d.Losses[i]
		l.Weight, l.Share, l.Maximize = 1, 0, false
	}
	return string(d.TOML(""))
}
