package simd

// Sizes of Winograd's F(4x4, 3x3), after Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks" (2015), with the points 0, 1, -1, 2, -2: a tile
// of 4x4 outputs from 6x6 inputs by 36 instead of 144 multiplications,
//
//	Y = A^T ( (G g G^T) . (B^T d B) ) A.
const (
	TileOut = 4
	TileIn  = 6
	Points  = TileIn * TileIn
)

// inputPointsPortable writes B^T d B of n tiles d side by side, of 6x6 pixels of
// 16 channels. Tile t begins at src[t*64], with row floats between rows; its point
// p goes to v[p*stride+t*16:]. With a mask, one word of sixteen bits per pixel and
// maskRow words between rows, values whose bit is not set count as 0.
func inputPointsPortable(v []float32, stride int, src []float32, mask []uint16, row, maskRow, n int) {
	for t := range n {
		r := inputTile(src[t*TileOut*Lanes:], mask, t*TileOut, row, maskRow)
		for p := range r {
			copy(v[p*stride+t*Lanes:][:Lanes], r[p][:])
		}
	}
}

// inputTile is B^T d B of the tile at src, whose mask begins at mask[at], if any.
func inputTile(src []float32, mask []uint16, at, row, maskRow int) (r [Points][Lanes]float32) {
	var d, t [Points][Lanes]float32
	for i := range TileIn {
		for j := range TileIn {
			q := &d[i*TileIn+j]
			*q = *(*[Lanes]float32)(src[i*row+j*Lanes:])
			if mask != nil {
				word := mask[at+i*maskRow+j]
				for l := range q {
					if word>>l&1 == 0 {
						q[l] = 0
					}
				}
			}
		}
	}
	for j := range TileIn {
		inputLine(&t[j], &t[6+j], &t[12+j], &t[18+j], &t[24+j], &t[30+j],
			&d[j], &d[6+j], &d[12+j], &d[18+j], &d[24+j], &d[30+j])
	}
	for i := 0; i < Points; i += TileIn {
		inputLine(&r[i], &r[i+1], &r[i+2], &r[i+3], &r[i+4], &r[i+5],
			&t[i], &t[i+1], &t[i+2], &t[i+3], &t[i+4], &t[i+5])
	}
	return r
}

// inputLine is B^T times a column, for 16 channels.
func inputLine(r0, r1, r2, r3, r4, r5, d0, d1, d2, d3, d4, d5 *[Lanes]float32) {
	for l := range Lanes {
		a, b, c, d, e, f := d0[l], d1[l], d2[l], d3[l], d4[l], d5[l]
		p, q := e-4*c, d-4*b
		s, t := e-c, d-b
		r0[l] = 4*a - 5*c + e
		r1[l] = p + q
		r2[l] = p - q
		r3[l] = s + 2*t
		r4[l] = s - 2*t
		r5[l] = 4*b - 5*d + f
	}
}

// outputPointsPortable writes A^T M A + bias of n tiles, 4x4 pixels of 16 channels
// each, to dst[t*64:] with row floats between rows; point p of M of tile t is at
// m[p*stride+t*16:]. Values below low become low: 0 is a ReLU, -Inf changes nothing.
// With bits, one word of sixteen bits per pixel and bitsRow words between rows, the bits
// of the values above 0 are set and the others cleared. stream writes dst past the
// caches where it is aligned: see Settle.
func outputPointsPortable(dst []float32, row int, m []float32, stride int, bias []float32, low float32, bits []uint16, bitsRow, n int, stream bool) {
	for t := range n {
		d := dst[t*TileOut*Lanes:]
		outputTile(d, row, m[t*Lanes:], stride, bias, low)
		if bits == nil {
			continue
		}
		for i := range TileOut {
			for j := range TileOut {
				bits[i*bitsRow+t*TileOut+j] = positive((*[Lanes]float32)(d[i*row+j*Lanes:]))
			}
		}
	}
}

// outputTile writes A^T M A + bias of one tile.
func outputTile(dst []float32, row int, m []float32, stride int, bias []float32, low float32) {
	var t [TileOut * TileIn][Lanes]float32
	at := func(i int) *[Lanes]float32 { return (*[Lanes]float32)(m[i*stride:]) }
	for j := range TileIn {
		outputLine(&t[j], &t[6+j], &t[12+j], &t[18+j], at(j), at(6+j), at(12+j), at(18+j), at(24+j), at(30+j))
	}
	b := (*[Lanes]float32)(bias)
	for i := range TileOut {
		var r [TileOut][Lanes]float32
		q := t[i*TileIn:][:TileIn]
		outputLine(&r[0], &r[1], &r[2], &r[3], &q[0], &q[1], &q[2], &q[3], &q[4], &q[5])
		for j := range r {
			d := (*[Lanes]float32)(dst[i*row+j*Lanes:])
			for l := range d {
				v := r[j][l] + b[l]
				if v < low {
					v = low
				}
				d[l] = v
			}
		}
	}
}

// outputLine is A^T times a column, for 16 channels.
func outputLine(r0, r1, r2, r3, m0, m1, m2, m3, m4, m5 *[Lanes]float32) {
	for l := range Lanes {
		a, b := m1[l]+m2[l], m1[l]-m2[l]
		c, d := m3[l]+m4[l], m3[l]-m4[l]
		r0[l] = m0[l] + a + c
		r1[l] = b + 2*d
		r2[l] = a + 4*c
		r3[l] = b + m5[l] + 8*d
	}
}
