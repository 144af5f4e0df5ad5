package engine

import (
	"context"

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
	f, err := t.Footprint(ctx)
	if err != nil {
		return 0, err
	}
	bytes, maps := held(t, vectors(c)), f.Bytes
	var read []string
	if c.Log.Measures || c.Log.Yardstick > 0 {
		stick, held, err := byYardstickNeed(ctx, c, t, threads)
		if err != nil {
			return 0, err
		}
		bytes += held
		read = append(read, stick...)
	}
	if c.Log.Measures && t.Tile == 0 { // after the run, which has released its maps
		o := ownLayersOf(c, ScalesOf(t, pictures), min(t.Width, t.Height))
		read = append(append(read, o.content...), o.style...)
		own, err := byOwnNetworkNeed(o, t, pictures)
		if err != nil {
			return 0, err
		}
		maps = max(maps, own)
	}
	filters, err := t.Network.FilterBytes(t.Memory, layersOf(t), read)
	return bytes + withScratch(maps) + withGarbage(filters), err
}

// TransferNeed is Need for a transfer without measures, with an optimiser of so many vectors.
func TransferNeed(ctx context.Context, t *nst.Transfer, optimizer int) (int64, error) {
	f, err := t.Footprint(ctx)
	if err != nil {
		return 0, err
	}
	filters, err := t.Network.FilterBytes(t.Memory, layersOf(t), nil)
	return held(t, int64(otherVectors+optimizer)) + withScratch(f.Bytes) + withGarbage(filters), err
}

// held returns what a transfer holds besides maps and filters: vectors of the picture's
// size, and half as much again of garbage.
func held(t *nst.Transfer, vectors int64) int64 {
	return processBytes + 18*vectors*int64(t.Width)*int64(t.Height)
}

// withScratch adds a twentieth for the kernels' working memory and for whole pages.
func withScratch(maps int64) int64 { return maps + maps/20 }

// withGarbage adds a fifth for what is left of reading and transforming filters.
func withGarbage(filters int64) int64 { return filters + filters/5 }

func layersOf(t *nst.Transfer) []string {
	var all []string
	for _, term := range t.Objective {
		all = append(all, term.Loss.Needs().Layers...)
	}
	return all
}

// byYardstickNeed returns what the yardstick holds through the run, and the layers that it
// reads of the run's own network.
func byYardstickNeed(ctx context.Context, c *config.Config, t *nst.Transfer, threads int) (own []string, bytes int64, err error) {
	y := c.Yardstick
	if y.Network == "" {
		y = ChooseYardsticks([]*config.Config{c})[0]
	}
	stick, err := OpenYardstick(ctx, y, threads)
	if err != nil {
		return nil, 0, err
	}
	all := append(stick.Content[:len(stick.Content):len(stick.Content)], stick.Style...)
	if sharesNetwork(y, c.Network) {
		own = all
	} else if bytes, err = stick.Network.FilterBytes(t.Memory, nil, all); err != nil {
		return nil, 0, err
	}
	held, err := readingNeed(stick, y.Size, y.Size)
	return own, bytes + held, err
}

// byOwnNetworkNeed returns what measuring by the run's own network takes.
func byOwnNetworkNeed(o ownLayers, t *nst.Transfer, p *config.Pictures) (bytes int64, err error) {
	own := measure.Yardstick{Network: t.Network}
	for _, layer := range o.content {
		own.Content = []string{layer}
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
	e, err := y.Network.ExtractorWith(nst.ExtractorOptions{Maps: y.Content, Grams: y.Style})
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
