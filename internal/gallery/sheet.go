package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/gonst/workbench/experiments/result"
)

// Sizes of the sheet, in pixels.
const (
	sheetWidth = 900
	mostWide   = 210 // a picture
	gap        = 8
	line       = 20  // the height of a label
	leftWidth  = 110 // the labels of rows
)

// cell is a picture at a place of the sheet, with a label below it.
type cell struct {
	row, column int
	label       string
	run         result.RunState
}

// sheet draws the pictures of an experiment: by two axes if they are crossed, otherwise
// one after the other.
func sheet(e *result.Experiment) (image.Image, error) {
	cells, rows, columns := arrange(e)
	left, top := 0, 0
	if rows != nil {
		left, top = leftWidth, line
	}
	across, down := 0, 0
	for _, c := range cells {
		across, down = max(across, c.column+1), max(down, c.row+1)
	}
	wide := min(mostWide, (sheetWidth-left-gap*(across-1))/across)
	pictures := make([]image.Image, len(cells))
	high := 0
	for i, c := range cells {
		data, err := e.ReadFile(c.run.Image, 256<<20)
		if err != nil {
			return nil, err
		}
		if pictures[i], err = png.Decode(bytes.NewReader(data)); err != nil {
			return nil, fmt.Errorf("%s: %w", c.run.Image, err)
		}
		b := pictures[i].Bounds()
		high = max(high, wide*b.Dy()/b.Dx())
	}
	below := 0
	if rows == nil && len(cells) > 1 {
		below = line
	}
	step := high + below + gap
	m := image.NewRGBA(image.Rect(0, 0, left+across*(wide+gap)-gap, top+down*step-gap))
	draw.Draw(m, m.Bounds(), image.White, image.Point{}, draw.Src)
	write, err := writer(m)
	if err != nil {
		return nil, err
	}
	for i, c := range cells {
		x, y, b := left+c.column*(wide+gap), top+c.row*step, pictures[i].Bounds()
		draw.CatmullRom.Scale(m, image.Rect(x, y, x+wide, y+wide*b.Dy()/b.Dx()), pictures[i], b, draw.Src, nil)
		if below > 0 {
			write(c.label, x, y+high+line-5, wide)
		}
	}
	for i, label := range rows {
		write(label, 0, top+i*step+high/2+5, left-gap)
	}
	for i, label := range columns {
		write(label, left+i*(wide+gap), line-6, wide)
	}
	return m, nil
}

// arrange returns the places of the pictures, and the labels of rows and columns if two
// axes are crossed.
func arrange(e *result.Experiment) (cells []cell, rows, columns []string) {
	labels := e.Plan.Labels()
	axes := e.Plan.Varied()
	if len(axes) == 2 && len(e.Runs) == len(axes[0].Values)*len(axes[1].Values) {
		for _, r := range e.Runs {
			cells = append(cells, cell{run: r,
				row: slices.Index(axes[0].Values, r.Values[axes[0].Key]), column: slices.Index(axes[1].Values, r.Values[axes[1].Key])})
		}
		return cells, short(axes[0].Values), short(axes[1].Values)
	}
	each := min(len(e.Runs), 4)
	for i, r := range e.Runs {
		cells = append(cells, cell{i / each, i % each, labels[i], r})
	}
	return cells, nil, nil
}

// short removes directories and endings of files.
func short(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		if out[i] = v; strings.ContainsAny(filepath.Ext(v), "pj") { // .png, .jpg
			out[i] = strings.TrimSuffix(filepath.Base(v), filepath.Ext(v))
		}
	}
	return out
}

// writer returns a function that writes text from x on the line y, with at most so many
// pixels.
func writer(m draw.Image) (func(text string, x, y, most int), error) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 13, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, err
	}
	ink := image.NewUniform(color.Gray{0x30})
	return func(text string, x, y, most int) {
		for letters := []rune(text); font.MeasureString(face, text).Ceil() > most && len(letters) > 1; {
			letters = letters[:len(letters)-1]
			text = string(letters) + "…"
		}
		d := font.Drawer{Dst: m, Src: ink, Face: face, Dot: fixed.P(x, y)}
		d.DrawString(text)
	}, nil
}
