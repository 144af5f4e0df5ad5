// Draw makes the pictures that this repository ships: contents to be
// restyled and styles to restyle them with. Nothing is downloaded and
// nothing is photographed: the contents are traced through a modelled
// scene, the styles painted stroke by stroke.
//
// Usage, from the root of the repository:
//
//	go run ./configs/pictures/draw -out configs/pictures [picture ...]
//
// The same program on the same architecture writes the same pixels.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// picture is one file: what it shows and how it is drawn at a size.
type picture struct {
	name          string
	width, height int
	// step is the distance of the levels a channel is rounded to.
	step int
	// draw takes the size and a quality: 1 is the shipped one, less is faster.
	// It scales the rays of the traced pictures and the fineness of the streaks
	// in the painted ones.
	draw func(w, h int, quality float64) *canvas
}

func traced(s func() *scene, side int) func(w, h int, quality float64) *canvas {
	return func(w, h int, quality float64) *canvas {
		return s().render(w, h, max(1, int(float64(side)*quality+0.5)), 20)
	}
}

var pictures = []picture{
	{"town", 768, 576, 2, traced(town, 5)},
	{"harbour", 768, 576, 2, traced(harbour, 5)},
	{"swirls", 768, 608, 5, swirls},
	{"dusk", 720, 640, 4, duskPicture},
	{"waves", 720, 576, 4, waves},
	{"town-labels", 768, 576, 1, labels(town)},
	{"fade", 96, 72, 1, fadeOut},
	{"dusk-sky", 90, 80, 1, duskSky},
}

func main() {
	out := flag.String("out", "configs/pictures", "directory to write to")
	width := flag.Int("width", 0, "draw at this width instead of the picture's own")
	quality := flag.Float64("quality", 1, "less draws faster and worse")
	flag.Parse()
	if err := run(*out, *width, *quality, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1)
	}
}

func run(out string, width int, quality float64, names []string) error {
	if width < 0 || !(quality > 0 && quality <= 4) {
		return fmt.Errorf("width %d, quality %g: want a width of at least 0 and a quality above 0, at most 4", width, quality)
	}
	var known []string
	for _, p := range pictures {
		known = append(known, p.name)
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return fmt.Errorf("no picture %q; there are %s", n, strings.Join(known, ", "))
		}
	}
	for _, p := range pictures {
		if len(names) > 0 && !slices.Contains(names, p.name) {
			continue
		}
		w, h := p.width, p.height
		if width > 0 {
			w, h = width, max(1, width*p.height/p.width)
		}
		if err := writePNG(filepath.Join(out, p.name+".png"), p.draw(w, h, quality).image(p.step)); err != nil {
			return err
		}
	}
	return nil
}
