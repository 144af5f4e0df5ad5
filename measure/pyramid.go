package measure

import (
	"context"
	"math/rand/v2"
	"sync"

	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// pyramidSeed seeds the yardstick's filters. No run has them unless it sets this seed.
const pyramidSeed = 0x7961726473746963 // "yardstic"

var (
	pyramidMutex sync.Mutex
	pyramidNet   *nst.Network
)

// pyramid is the yardstick's network that needs no weight file: a pyramid of random
// filters, 5 x 5 over five scales, 64 on each. A pyramid's filters are usually fitted
// to images. These are fitted to pinkNoise and not to a picture, so that all runs and
// all experiments are measured with the same filters.
func pyramid(ctx context.Context) (*nst.Network, error) {
	pyramidMutex.Lock()
	defer pyramidMutex.Unlock()
	if pyramidNet != nil {
		return pyramidNet, nil
	}
	net, err := nst.Open("pyramid", nst.Options{Seed: pyramidSeed, Filters: 64, Size: 5})
	if err != nil {
		return nil, prefix.Errorf("measure: ", "the pyramid of the yardstick: %w", err)
	}
	noise, err := pinkNoise(256, pyramidSeed)
	if err != nil {
		return nil, prefix.Errorf("measure: ", "the pyramid of the yardstick: %w", err)
	}
	if net, err = net.Calibrated(ctx, 0, noise); err != nil {
		return nil, prefix.Errorf("measure: ", "the pyramid of the yardstick: %w", err)
	}
	pyramidNet = net
	return net, nil
}

// pinkNoise has the statistics of natural images of second order: as much
// contrast on each scale (power falling with the square of the frequency; Field
// 1987), and most of it in brightness, little in red against green and blue
// against yellow (Ruderman, Cronin and Chiao, "Statistics of cone responses to
// natural images", JOSA A 15(8), 1998).
func pinkNoise(size int, seed uint64) (*nst.Image, error) {
	random := rand.New(rand.NewPCG(seed, 1))
	area := size * size
	sum := make([]float64, 3*area) // brightness, red against green, blue against yellow
	for side := 4; side <= size; side *= 2 {
		octave := nst.NewImage(side, side)
		for i := range octave.Pix {
			octave.Pix[i] = float32(0.5 + 0.12*random.NormFloat64())
		}
		octave.Clamp()
		large, err := octave.Resize(size, size, nst.CatmullRom)
		if err != nil {
			return nil, err
		}
		for i, v := range large.Pix {
			sum[i] += float64(v) - 0.5
		}
	}
	m := nst.NewImage(size, size)
	for i := range area {
		light, red, blue := 0.75*sum[i], 0.2*sum[area+i], 0.2*sum[2*area+i]
		m.Pix[i] = float32(0.45 + light + red)
		m.Pix[area+i] = float32(0.45 + light - red)
		m.Pix[2*area+i] = float32(0.45 + light + blue)
	}
	m.Clamp()
	return m, nil
}
