package report

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	_ "image/png"
	"math"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/image/draw"

	"github.com/gonst/workbench/experiments/result"
)

// picture tells the page's script where the bytes of a picture are.
type picture struct {
	ID     string `json:"id,omitempty"`    // within the page
	Src    string `json:"src,omitempty"`   // or a URL
	Width  int    `json:"w"`               // in pixels, of the original
	Height int    `json:"h"`               // in pixels, of the original
	Exact  bool   `json:"exact,omitempty"` // equal to the original in every pixel
	data   []byte
	kind   string // "image/png"
}

// An album provides pictures to the page: inside the page itself (embedded), or by URL
// (linked, for a live page).
type album interface {
	input(e *result.Experiment, name string) (*picture, error)
	// runs gives every run its picture and frames, and reports any problems.
	runs(s *study, models []*runModel) (warnings []string)
}

const (
	exactBytes    = 6 << 20    // if all pictures together are smaller, they are embedded unchanged
	pageBytes     = 7500 << 10 // otherwise the limit for all pictures of runs together; base64 adds a third
	pictureBytes  = 400 << 10
	framesBytes   = 2500 << 10 // for all frames of all runs
	inputsBytes   = 1 << 20    // for all input pictures
	leastFrame    = 5 << 10    // a smaller frame shows nothing useful
	mostFrames    = 40         // per run
	frameSide     = 480
	inputSide     = 480
	maxFileBytes  = 256 << 20
	maxFilePixels = 64 << 20
)

// embedded is the album of a page that needs no other file.
type embedded struct {
	base   string // the directory of the page
	inputs int    // number of input pictures
	all    []*picture
}

func (a *embedded) input(e *result.Experiment, name string) (*picture, error) {
	p, err := embedFile(e, name, inputSide, inputsBytes/max(1, a.inputs), false)
	if err == nil {
		a.add(p)
	}
	return p, err
}

func (a *embedded) add(p *picture) {
	p.ID = "p" + strconv.Itoa(len(a.all))
	a.all = append(a.all, p)
}

// runs embeds the runs' pictures. The more pictures there are, the smaller they become.
// More than manyRuns pictures are linked. Missing or damaged pictures are left out.
func (a *embedded) runs(s *study, models []*runModel) (warnings []string) {
	n, size := 0, int64(0)
	for _, r := range s.Runs {
		if r.Image != "" {
			n++
		}
	}
	if n > manyRuns {
		for i, r := range s.Runs {
			if r.Image != "" {
				models[i].Picture = &picture{Src: link(a.base, r.Home, r.Image), Width: r.Width, Height: r.Height, Exact: true}
			}
		}
		return []string{fmt.Sprintf("This page has %d pictures, too many to be inside it. It shows image.png from the directories of the runs, so it must stay beside them.", n)}
	}
	for _, r := range s.Runs {
		if r.Image != "" {
			size += fileSize(r.Home, r.Image)
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
	type job struct {
		run    int
		name   string
		side   int
		budget int
		exact  bool
		step   int // of a frame; -1 for the picture
		p      *picture
		err    error
	}
	var jobs []*job
	frames := make([][]result.Frame, len(s.Runs))
	total := 0
	for i, r := range s.Runs {
		if r.Image != "" {
			jobs = append(jobs, &job{run: i, name: r.Image, side: side, budget: budget, exact: size <= exactBytes, step: -1})
		}
		frames[i] = r.Home.Frames(r.RunState)
		total += min(len(frames[i]), mostFrames)
	}
	if total > 0 {
		part := min(1, float64(framesBytes/leastFrame)/float64(total))
		for i := range frames {
			for _, f := range evenly(frames[i], int(math.Ceil(part*float64(min(len(frames[i]), mostFrames))))) {
				jobs = append(jobs, &job{run: i, name: f.File, side: frameSide, budget: max(leastFrame, framesBytes/total), step: f.Step})
			}
		}
	}
	var wait sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, j := range jobs {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			j.p, j.err = embedFile(s.Runs[j.run].Home, j.name, j.side, j.budget, j.exact)
		})
	}
	wait.Wait()
	for _, j := range jobs {
		switch m := models[j.run]; {
		case j.err != nil:
			warnings = append(warnings, fmt.Sprintf("run %q: %s: %v", m.Name, filepath.Base(j.name), j.err))
		case j.step < 0:
			a.add(j.p)
			m.Picture = j.p
		default:
			a.add(j.p)
			m.Frames = append(m.Frames, frame{j.step, j.p})
		}
	}
	return warnings
}

// evenly chooses n of a list, including the first and the last.
func evenly[T any](all []T, n int) []T {
	if len(all) <= n {
		return all
	}
	if n < 2 {
		return all[len(all)-n:]
	}
	chosen := make([]T, n)
	for i := range chosen {
		chosen[i] = all[i*(len(all)-1)/(n-1)]
	}
	return chosen
}

func fileSize(e *result.Experiment, name string) int64 {
	info, err := e.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}

// embedFile reads a picture of the experiment's directory. If exact is set, its bytes
// stay unchanged. Otherwise the picture is reduced: its long side to at most side
// pixels, its JPEG to at most budget bytes (or 64 pixels).
func embedFile(e *result.Experiment, name string, side, budget int, exact bool) (*picture, error) {
	data, err := e.ReadFile(name, maxFileBytes)
	if err != nil {
		return nil, err
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if config.Width < 1 || config.Height < 1 || config.Height > maxFilePixels/config.Width {
		return nil, fmt.Errorf("%d x %d pixels are too large to show", config.Width, config.Height)
	}
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if exact {
		return &picture{Width: config.Width, Height: config.Height, Exact: true, data: data, kind: "image/" + format}, nil
	}
	side = min(side, max(config.Width, config.Height))
	for {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, shrink(m, side), &jpeg.Options{Quality: 88}); err != nil {
			return nil, err
		}
		if b.Len() <= budget || side <= 64 {
			return &picture{Width: config.Width, Height: config.Height, data: b.Bytes(), kind: "image/jpeg"}, nil
		}
		smaller := .95 * math.Sqrt(float64(budget)/float64(b.Len()))
		side = max(64, int(float64(side)*max(.5, smaller)))
	}
}

// shrink resizes the picture to a given long side, over white.
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
