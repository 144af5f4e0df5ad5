package nst

import "math"

// patchSearch finds the nearest patches of targets and computes distances from them. Maps
// are stored by position: M rows of one value of each map.
type patchSearch struct {
	size    int // of a patch
	maps    int
	image   grid
	targets []grid
	// distant finds the patch at the least distance, not that with the most similar
	// direction.
	distant bool

	// The working memory stays between evaluations.
	band, products, sums []float32
	best                 []float32
	rows                 []float64
}

const (
	searchColumns = 4096 // about as many positions of a target at once
	searchRows    = 256  // about as many positions of the image at once
)

// search returns for each patch of the image the number of the nearest patch, counted through
// all targets. Its inputs are the positions of the image, the maps of the targets and the
// norms of their patches. It counts as a constant.
//
// The product of two patches is the sum of the products of their positions. So each pair of
// positions is multiplied once, in blocks whose size does not depend on that of the images, and
// products are added along the diagonals.
func (s *patchSearch) search() Operation {
	w, h := s.image.width-s.size+1, s.image.height-s.size+1
	return Operation{Name: "nearest patches", Shape: []int{w * h}, Run: func(p Parallel, out []float32, in [][]float32) {
		s.best = reserved(s.best, w*h)
		for i := range s.best {
			s.best[i], out[i] = float32(math.Inf(-1)), 0
		}
		first, n := 0, len(s.targets)
		for t, g := range s.targets {
			high := g.height - s.size + 1
			step := max(searchColumns/g.width-s.size+1, 2*(s.size-1), 1)
			for from := 0; from < high; from += step {
				s.scan(p, out, in[0], in[1+t], in[1+n+t], g, from, min(from+step, high), first)
			}
			first += g.patches(s.size)
		}
	}}
}

// scan compares the image's patches with those of a target that begin in the rows from … to-1.
// first is the number of the target's first patch.
func (s *patchSearch) scan(p Parallel, out, image, maps, norms []float32, g grid, from, to, first int) {
	k, n := s.size, s.maps
	columns := (to - from + k - 1) * g.width
	s.band = reserved(s.band, n*columns)
	p.Each(n, func(c int) {
		copy(s.band[c*columns:][:columns], maps[c*g.width*g.height+from*g.width:])
	})
	width, patches := s.image.width, s.image.width-k+1
	group := max(searchRows/width, 1)
	s.products = reserved(s.products, group*width*columns)
	row := patches * columns // of sums
	s.sums = reserved(s.sums, (group+k-1)*row)
	wide := g.width - k + 1
	held := 0 // rows of sums from the group before
	for y := 0; y < s.image.height; y += group {
		rows := min(group, s.image.height-y)
		Multiply(p, s.products, image[y*width*n:][:rows*width*n], s.band, rows*width, n, columns)
		p.Each(rows*patches, func(i int) { // along the rows of patches
			at := i/patches*width + i%patches
			sum := s.sums[held*row+i*columns:][:columns]
			copy(sum, s.products[at*columns:][:columns])
			for j := 1; j < k; j++ {
				accumulate(sum, s.products[(at+j)*columns+j:(at+j+1)*columns])
			}
		})
		have := held + rows
		done := max(have-k+1, 0) // rows of patches that are complete
		for r := range done {
			p.Each(patches, func(x int) {
				sum := s.sums[r*row+x*columns:][:columns]
				for j := 1; j < k; j++ { // the rows below
					accumulate(sum, s.sums[(r+j)*row+x*columns+j*g.width:(r+j)*row+(x+1)*columns])
				}
				patch := (y-held+r)*patches + x
				best, at := s.best[patch], -1
				for v := range to - from {
					norms := norms[(from+v)*wide:][:wide]
					for u, d := range sum[v*g.width:][:wide] {
						if s.distant { // |P-Q|^2 = |P|^2 - 2 (P.Q - |Q|^2 / 2)
							d -= norms[u]
						} else {
							d = float32(d * norms[u])
						}
						if d > best {
							best, at = d, v*wide+u
						}
					}
				}
				if at >= 0 {
					s.best[patch], out[patch] = best, float32(first+from*wide+at)
				}
			})
		}
		copy(s.sums, s.sums[done*row:have*row])
		held = have - done
	}
}

// accumulate adds b to the beginning of a.
func accumulate(a, b []float32) {
	a = a[:len(b)]
	for i, v := range b {
		a[i] += v
	}
}

// reserved returns a slice of length n in the memory of a, if that is large enough.
func reserved(a []float32, n int) []float32 {
	if cap(a) < n {
		return make([]float32, n)
	}
	return a[:n]
}

// at returns the target and the first position there of patch number i.
func (s *patchSearch) at(i int) (target, position int) {
	for t, g := range s.targets {
		n := g.patches(s.size)
		if i < n {
			wide := g.width - s.size + 1
			return t, i/wide*g.width + i%wide
		}
		i -= n
	}
	panic("a patch that no target has")
}

// distance is scale times the sum of the squared distances of the patches of the image from
// those that were found. Its inputs are the positions of the image, the numbers of the patches
// and the positions of the targets.
func (s *patchSearch) distance(scale float64) Operation {
	k, n, width := s.size, s.maps, s.image.width
	wide, high := width-k+1, s.image.height-k+1
	return Operation{Name: "distance of patches",
		Run: func(p Parallel, out []float32, in [][]float32) {
			out[0] = float32(scale * s.sum(p, high, func(y int) (sum float64) {
				for x := range wide {
					t, from := s.at(int(in[1][y*wide+x]))
					for i := range k { // k positions of a row at a time
						a := in[0][((y+i)*width+x)*n:][:k*n]
						b := in[2+t][(from+i*s.targets[t].width)*n:][:k*n]
						for j, v := range a {
							d := v - b[j]
							sum += float64(d * d)
						}
					}
				}
				return sum
			}))
		},
		Gradient: func(p Parallel, _ int, din, dout []float32, in [][]float32) {
			factor := float32(2 * scale * float64(dout[0]))
			p.Each(s.image.height, func(y int) {
				to := din[y*width*n:][:width*n]
				clear(to)
				for top := max(y-k+1, 0); top <= min(y, high-1); top++ {
					for x := range wide {
						t, from := s.at(int(in[1][top*wide+x]))
						a := in[0][(y*width+x)*n:][:k*n]
						b := in[2+t][(from+(y-top)*s.targets[t].width)*n:][:k*n]
						to := to[x*n:][:k*n]
						for j, v := range a {
							to[j] += float32(factor * (v - b[j]))
						}
					}
				}
			})
		}}
}

// cosine is the mean of 1 - f.g/(|f||g|) over the positions f of the image, with g the
// position that was found. Its inputs are those of distance.
func (s *patchSearch) cosine() Operation {
	n, m := s.maps, s.image.width*s.image.height
	// each returns a position, the one that was found, f.g/(|f||g|) and |f||g|; 0 and 0 if
	// one is zero.
	each := func(in [][]float32, i int) (f, g []float32, cos, norms, square float64) {
		t, at := s.at(int(in[1][i]))
		f, g = in[0][i*n:][:n], in[2+t][at*n:][:n]
		other := 0.0
		for j, v := range f {
			cos += float64(float64(v) * float64(g[j]))
			square += float64(float64(v) * float64(v))
			other += float64(float64(g[j]) * float64(g[j]))
		}
		if norms = math.Sqrt(square * other); norms == 0 {
			return f, g, 0, 0, 0
		}
		return f, g, cos / norms, norms, square
	}
	return Operation{Name: "cosine distance",
		Run: func(p Parallel, out []float32, in [][]float32) {
			out[0] = float32(s.sum(p, s.image.height, func(y int) (sum float64) {
				for x := range s.image.width {
					_, _, cos, _, _ := each(in, y*s.image.width+x)
					sum += 1 - cos
				}
				return sum
			}) / float64(m))
		},
		Gradient: func(p Parallel, _ int, din, dout []float32, in [][]float32) {
			factor := -float64(dout[0]) / float64(m)
			p.Each(m, func(i int) {
				f, g, cos, norms, square := each(in, i)
				to := din[i*n:][:n]
				if norms == 0 {
					clear(to)
					return
				}
				a, b := factor/norms, factor*cos/square
				for j, v := range f {
					to[j] = float32(float64(a*float64(g[j])) - float64(b*float64(v)))
				}
			})
		}}
}

// sum adds f(0) … f(n-1) in order.
func (s *patchSearch) sum(p Parallel, n int, f func(i int) float64) (sum float64) {
	if cap(s.rows) < n {
		s.rows = make([]float64, n)
	}
	rows := s.rows[:n]
	p.Each(n, func(i int) { rows[i] = f(i) })
	for _, v := range rows {
		sum += v
	}
	return sum
}
