package main

import (
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every picture is drawn small, twice: the same pixels must come, and they
// must show what the shipped file shows.
func TestShippedPictures(t *testing.T) {
	for _, p := range pictures {
		t.Run(p.name, func(t *testing.T) {
			if testing.Short() && p.name != "waves" {
				t.Skip("drawing them all takes its time")
			}
			path := filepath.Join("..", p.name+".png")
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() > 700<<10 {
				t.Errorf("%s has %d bytes, want at most 700 KiB", path, info.Size())
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			m, err := png.Decode(f)
			if err != nil {
				t.Fatal(err)
			}
			if m.Bounds() != image.Rect(0, 0, p.width, p.height) {
				t.Fatalf("%s is %v, want %d x %d", path, m.Bounds(), p.width, p.height)
			}

			const part = 8
			w, h := p.width/part, p.height/part
			a, b := p.draw(w, h, 0.2), p.draw(w, h, 0.2)
			for i := range a.pix {
				if a.pix[i] != b.pix[i] {
					t.Fatalf("pixel %d is %v once and %v then", i, a.pix[i], b.pix[i])
				}
			}
			// Means over 8 x 8 blocks of the preview against the same blocks
			// of the file: strokes differ with the size, the picture does not.
			const block = 8
			sum, n := 0.0, 0
			for y := 0; y+block <= h; y += block {
				for x := 0; x+block <= w; x += block {
					var want, got vec
					for j := range block * part {
						for i := range block * part {
							r, g, b, _ := m.At(x*part+i, y*part+j).RGBA()
							want = want.add(vec{float64(r), float64(g), float64(b)}.scale(1.0 / 65535 / (block * block * part * part)))
						}
					}
					for j := range block {
						for i := range block {
							got = got.add(a.pix[(y+j)*w+x+i].scale(1.0 / (block * block)))
						}
					}
					d := want.sub(got)
					sum += math.Abs(d.x) + math.Abs(d.y) + math.Abs(d.z)
					n += 3
				}
			}
			// Seen: 0.003 to 0.02. An unrelated pair of these pictures is
			// above 0.15.
			t.Logf("mean difference %.4f", sum/float64(n))
			if sum/float64(n) > 0.04 {
				t.Errorf("the program draws something else than %s: mean difference %.3f", path, sum/float64(n))
			}
		})
	}
}

// The tree must find what a search through all triangles finds.
func TestFirstHitAgreesWithSearch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	m := &mesh{}
	for range 500 {
		a := ball(rng).scale(10)
		m.tri(a, a.add(ball(rng)), a.add(ball(rng)), nil)
	}
	tree := newBVH(m.tris)
	hits := 0
	for range 2000 {
		o, d := ball(rng).scale(12), ball(rng).unit()
		_, got := tree.first(o, d, near, infinity, false)
		want := float64(infinity)
		for i := range m.tris {
			if k, ok := hitTriangle(&m.tris[i], o, d, near, want); ok {
				want = k
			}
		}
		if got != want {
			t.Fatalf("ray %v %v: the tree says %g, the search %g", o, d, got, want)
		}
		if want < infinity {
			hits++
		}
	}
	if hits < 100 {
		t.Fatalf("only %d rays hit: the test looks at nothing", hits)
	}
}

func TestRunNamesWhatThereIs(t *testing.T) {
	dir := t.TempDir()
	err := run(dir, 32, 0.2, []string{"waves", "wave"})
	if err == nil || !strings.Contains(err.Error(), `"wave"`) || !strings.Contains(err.Error(), "swirls") {
		t.Fatalf("got %v, want an error that names the unknown picture and the known ones", err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Fatalf("%d files were written before the error", len(files))
	}
	if err := run(dir, 64, 0.2, []string{"waves"}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "waves.png")); err != nil {
		t.Fatal(err)
	}
}
