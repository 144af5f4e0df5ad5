package nst_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gonst/workbench/nst"
)

func ExampleLoad() {
	photo, err := nst.Load("testdata/images/orientation6.jpg", 12) // a long side of 12 pixels
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(photo.Width, "x", photo.Height)

	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := photo.Save(filepath.Join(dir, "photo.png")); err != nil {
		log.Fatal(err)
	}
	// Output: 12 x 8
}

func ExampleLoadWith() {
	m, err := nst.LoadWith("testdata/images/cmyk.jpg", nst.LoadOptions{Size: 12, Side: nst.Rows, Interpolation: nst.Bilinear})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Width, "x", m.Height)

	_, err = nst.LoadWith("testdata/images/cmyk.jpg", nst.LoadOptions{MaxPixels: 500})
	fmt.Println(errors.Is(err, nst.ErrImageTooLarge))
	fmt.Println(err)
	// Output:
	// 20 x 12
	// true
	// nst: load testdata/images/cmyk.jpg: image too large: 40 x 24 pixels, over the limit of 500; shrink the file, or raise LoadOptions.MaxPixels if there is memory for it (20 bytes a pixel)
}

func ExampleBlend() {
	photo, err := nst.Load("testdata/images/orientation1.jpg", 0)
	if err != nil {
		log.Fatal(err)
	}
	start := nst.Blend{A: nst.FromImage(photo), B: nst.Noise{Seed: 1}, Ratio: 0.6}
	img, err := start.Begin(photo.Width, photo.Height)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(img.Width, "x", img.Height)

	_, err = nst.Noise{Scale: 20}.Begin(64, 64)
	fmt.Println(err)
	// Output:
	// 24 x 16
	// nst: wrong start: noise: Scale is 20; it must be in [0,1], where white is 1 (divide values on 0..255 by 255), and 0 means 0.25
}
