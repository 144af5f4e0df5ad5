package report

import (
	"bytes"
	"fmt"
	"image"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// linked is the album of a live page: pictures stay files, and the page loads them when
// it needs them. A URL changes with its file, so that browsers do not show an old
// picture.
type linked struct {
	base string
	seen map[string]*picture // by URL, to remember the sizes in the files' headers
}

func (a *linked) input(e *result.Experiment, name string) (*picture, error) {
	return a.picture(e, name, 0, 0)
}

// picture finds a picture. If its size is not known yet, it reads the size from the
// file.
func (a *linked) picture(e *result.Experiment, name string, width, height int) (*picture, error) {
	info, err := e.Stat(name)
	if err != nil {
		return nil, reasonOnly(err)
	}
	src := fmt.Sprintf("%s?v=%x-%x", link(a.base, e, name), info.ModTime().UnixNano(), info.Size())
	if p := a.seen[src]; p != nil {
		return p, nil
	}
	if width < 1 || height < 1 {
		data, err := e.ReadFile(name, maxFileBytes)
		if err != nil {
			return nil, err
		}
		config, _, err := image.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		width, height = config.Width, config.Height
	}
	p := &picture{Src: src, Width: width, Height: height, Exact: true}
	if a.seen == nil {
		a.seen = map[string]*picture{}
	}
	a.seen[src] = p
	return p, nil
}

func (a *linked) runs(s *study, models []*runModel) (warnings []string) {
	for i, r := range s.Runs {
		m := models[i]
		if r.Image != "" {
			p, err := a.picture(r.Home, r.Image, r.Width, r.Height)
			if err != nil {
				warnings = append(warnings, fmt.Sprintf("run %q: %v", r.Name, err))
			}
			m.Picture = p
		}
		for _, f := range evenly(r.Home.Frames(r.RunState), mostFrames) {
			if p, err := a.picture(r.Home, f.File, r.Width, r.Height); err == nil {
				m.Frames = append(m.Frames, frame{f.Step, p})
			}
		}
	}
	return warnings
}

// reasonOnly returns an error's text without the path, which the caller knows.
func reasonOnly(err error) error {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return fmt.Errorf("%s", text)
}
