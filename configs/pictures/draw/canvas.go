package main

import (
	"bufio"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
)

// canvas is a picture of sRGB values in [0,1], row by row.
type canvas struct {
	w, h int
	pix  []vec
}

func newCanvas(w, h int) *canvas { return &canvas{w, h, make([]vec, w*h)} }

func (c *canvas) at(x, y int) vec {
	x = min(max(x, 0), c.w-1)
	y = min(max(y, 0), c.h-1)
	return c.pix[y*c.w+x]
}

// half returns the picture at half the size: the mean of 2x2 pixels.
func (c *canvas) half() *canvas {
	out := newCanvas(c.w/2, c.h/2)
	for y := range out.h {
		for x := range out.w {
			i := 2*y*c.w + 2*x
			out.pix[y*out.w+x] = c.pix[i].add(c.pix[i+1]).add(c.pix[i+c.w]).add(c.pix[i+c.w+1]).scale(0.25)
		}
	}
	return out
}

// despeckled returns the picture with every channel of a pixel kept between
// the least and the greatest of its neighbours': lone dots go, edges stay.
func (c *canvas) despeckled() *canvas {
	out := newCanvas(c.w, c.h)
	for y := range c.h {
		for x := range c.w {
			one := math.Inf(1)
			lo, hi := vec{one, one, one}, vec{-one, -one, -one}
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					if dx == 0 && dy == 0 {
						continue
					}
					p := c.at(x+dx, y+dy)
					lo = vec{math.Min(lo.x, p.x), math.Min(lo.y, p.y), math.Min(lo.z, p.z)}
					hi = vec{math.Max(hi.x, p.x), math.Max(hi.y, p.y), math.Max(hi.z, p.z)}
				}
			}
			p := c.pix[y*c.w+x]
			out.pix[y*c.w+x] = vec{clamp(p.x, lo.x, hi.x), clamp(p.y, lo.y, hi.y), clamp(p.z, lo.z, hi.z)}
		}
	}
	return out
}

// image rounds the picture to 8 bits in steps of step levels. A step of
// more than one makes the PNG smaller; the pictures' own texture hides it.
func (c *canvas) image(step int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, c.w, c.h))
	q := func(v float64) uint8 {
		s := float64(step)
		return uint8(clamp(math.Round(clamp(v, 0, 1)*255/s)*s, 0, 255))
	}
	for y := range c.h {
		for x := range c.w {
			p := c.pix[y*c.w+x]
			m.SetNRGBA(x, y, color.NRGBA{q(p.x), q(p.y), q(p.z), 255})
		}
	}
	return m
}

func writePNG(path string, m image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(w, m); err != nil {
		f.Close()
		return err
	}
	if err := w.Flush(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
