package simd

const (
	BackChannels = 3  // planes of the image that one call of ImageBack adds to
	BackRows     = 6  // its rows
	BackCols     = 16 // its columns
)

// imageBackPortable adds to 6 rows of 16 pixels of three planes what 16 channels
// give, with filters of the given size, r = size/2:
//
//	for p := range 3 { for i := range 6 { for j := range 16 {
//		out[p*oplane+i*orow+j] += sum over l < 16, kx < size, ky < size of
//			x[l*plane + (i+2*r-ky)*row + j+2*r-kx] * u[((l*size+kx)*size+ky)*4+p]
//	} } }
//
// with the sum, begun with what is there, in the order of l, kx, ky. next is only fetched
// into the cache.
func imageBackPortable(out []float32, oplane, orow int, x []float32, plane, row int, u, next []float32, size int) {
	last := size - 1
	for i := range BackRows {
		for j := 0; j < BackCols; j += 2 {
			a := (*[2]float32)(out[i*orow+j:])
			b := (*[2]float32)(out[oplane+i*orow+j:])
			c := (*[2]float32)(out[2*oplane+i*orow+j:])
			a0, a1, b0, b1, c0, c1 := a[0], a[1], b[0], b[1], c[0], c[1]
			k := u
			for l := range Lanes {
				for kx := range size {
					o := l*plane + (i+last)*row + j + last - kx
					for range size {
						v, u := (*[2]float32)(x[o:]), (*[4]float32)(k)
						a0 += v[0] * u[0]
						a1 += v[1] * u[0]
						b0 += v[0] * u[1]
						b1 += v[1] * u[1]
						c0 += v[0] * u[2]
						c1 += v[1] * u[2]
						k = k[4:]
						o -= row
					}
				}
			}
			*a, *b, *c = [2]float32{a0, a1}, [2]float32{b0, b1}, [2]float32{c0, c1}
		}
	}
}

// toPlanesPortable lays n pixels of one block out in planes:
//
//	dst[l*stride+x] = src[x*16+l], or 0 where there is a mask and bit l of mask[x] is not set
func toPlanesPortable(dst []float32, stride int, src []float32, mask []uint16, n int) {
	for x := range n {
		s := (*[Lanes]float32)(src[x*Lanes:])
		if mask == nil {
			for l, v := range s {
				dst[l*stride+x] = v
			}
			continue
		}
		for l, v := range s {
			if mask[x]>>l&1 == 0 {
				v = 0
			}
			dst[l*stride+x] = v
		}
	}
}
