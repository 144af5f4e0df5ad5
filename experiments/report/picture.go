package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/jpeg"
	_ "image/png"
	"math"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/image/draw"

	"github.com/gonst/workbench/experiments/result"
)

// picture is a picture within the page.
type picture struct {
	URL           template.URL // data:image/jpeg;base64,…
	Width, Height int          // in pixels, of the original
}

const (
	pageBytes     = 11 << 20 // for all pictures of runs together; a third more as base64
	pictureBytes  = 400 << 10
	inputSide     = 480
	maxFileBytes  = 256 << 20
	maxFilePixels = 64 << 20
)

// pictures embeds the runs' pictures; the more there are, the smaller. Where one
// is missing or damaged there is nil, and a warning if it is damaged.
func pictures(s *study) (all []*picture, warnings []string) {
	n := 0
	for _, r := range s.Runs {
		if r.Image != "" {
			n++
		}
	}
	side := 1024
	switch {
	case n > 60:
		side = 400
	case n > 12:
		side = 640
	}
	budget := min(pictureBytes, pageBytes/max(n, 1))

	all = make([]*picture, len(s.Runs))
	errs := make([]error, len(s.Runs))
	var wait sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, r := range s.Runs {
		if r.Image == "" {
			continue
		}
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			all[i], errs[i] = embed(r.Home, r.Image, side, budget)
		})
	}
	wait.Wait()
	for i, err := range errs {
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("run %q: %s: %v", s.Runs[i].Name, filepath.Base(s.Runs[i].Image), err))
		}
	}
	return all, warnings
}

// embed reads a picture of the experiment's directory and makes it small: its
// long side at most side pixels, its JPEG at most budget bytes (or 64 pixels).
func embed(e *result.Experiment, name string, side, budget int) (*picture, error) {
	data, err := e.ReadFile(name, maxFileBytes)
	if err != nil {
		return nil, err
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if config.Width < 1 || config.Height < 1 || config.Height > maxFilePixels/config.Width {
		return nil, fmt.Errorf("%d x %d pixels are too many to show", config.Width, config.Height)
	}
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	long := max(config.Width, config.Height)
	side = min(side, long)
	for {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, shrink(m, side), &jpeg.Options{Quality: 88}); err != nil {
			return nil, err
		}
		if b.Len() <= budget || side <= 64 {
			url := "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
			return &picture{template.URL(url), config.Width, config.Height}, nil
		}
		smaller := .95 * math.Sqrt(float64(budget)/float64(b.Len()))
		side = max(64, int(float64(side)*max(.5, smaller)))
	}
}

// shrink resizes so that the long side has a length, over white.
func shrink(m image.Image, side int) image.Image {
	b := m.Bounds()
	long := max(b.Dx(), b.Dy())
	if o, ok := m.(interface{ Opaque() bool }); side >= long && ok && o.Opaque() {
		return m
	}
	side = min(side, long)
	small := image.NewRGBA(image.Rect(0, 0, max(1, b.Dx()*side/long), max(1, b.Dy()*side/long)))
	draw.Draw(small, small.Bounds(), image.White, image.Point{}, draw.Src)
	draw.CatmullRom.Scale(small, small.Bounds(), m, b, draw.Over, nil)
	return small
}
