package weights

// Chunked storage of HDF5: a B-tree of pieces, each filtered on its own.

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"slices"
)

func (d *dataset) readChunks() ([]float32, error) {
	pieces, err := d.pieces()
	if err != nil {
		return nil, err
	}
	dst := make([]float32, d.elements)
	n, _ := volume(d.chunk)
	values := make([]float32, n)
	for _, p := range pieces {
		b, err := d.unfilter(p, n*int(d.elementSize))
		if err != nil {
			return nil, fmt.Errorf("chunk at %v: %w", p.origin, err)
		}
		d.Type.decode(values, b)
		d.place(dst, values, p.origin)
	}
	return dst, nil
}

// piece is a chunk in the file.
type piece struct {
	origin []int // of its first element
	at     uint64
	length int64  // in the file
	mask   uint32 // bit i: filter i was not applied
}

// pieces lists the chunks. It checks that each exists once and that the file's bytes
// can contain the sizes that they state.
func (d *dataset) pieces() ([]piece, error) {
	grid := make([]int, len(d.Shape)) // number of chunks along each dimension
	expected, n := 1, int64(d.elementSize)
	for i := range grid {
		grid[i] = (d.Shape[i] + d.chunk[i] - 1) / d.chunk[i]
		expected *= grid[i]
		n *= int64(d.chunk[i])
	}
	if d.address == hdf5Undefined {
		return nil, corrupt("its elements were never written")
	}
	// A separate budget for each structure, so that reading does not depend on earlier
	// reads.
	h := &hdf5{r: d.r, size: d.size, budget: d.size + 1<<16}
	rank := len(d.Shape)
	seen := map[int]bool{}
	var stored int64
	var all []piece
	err := h.tree(d.address, 1, int64(8+8*(rank+1)), -1, func(key []byte, at uint64) error {
		p := piece{origin: make([]int, rank), at: at, length: int64(u32(key)), mask: uint32(u32(key[4:]))}
		index := 0
		for i := range p.origin {
			v := u64(key[8+8*i:])
			if v >= uint64(d.Shape[i]) || v%uint64(d.chunk[i]) != 0 {
				return corrupt("a chunk at %d along dimension %d of %v", v, i, d.Shape)
			}
			p.origin[i] = int(v)
			index = index*grid[i] + int(v)/d.chunk[i]
		}
		if seen[index] {
			return corrupt("two chunks at %v", p.origin)
		}
		seen[index] = true
		if p.at > uint64(h.size) || p.length > h.size-int64(p.at) {
			return corrupt("the chunk at %v lies outside the file", p.origin)
		}
		// 1032: the largest factor by which deflate can compress.
		if most := p.length * 1032; n > most || len(d.filters) == 0 && n != p.length {
			return corrupt("the chunk at %v has %d bytes in the file for %d", p.origin, p.length, n)
		}
		// Chunks that share bytes could require any amount of memory.
		if stored += p.length; stored > h.size {
			return corrupt("its chunks have more bytes than the file")
		}
		all = append(all, p)
		return nil
	})
	if err == nil && len(all) != expected {
		err = corrupt("%d chunks of %d are there", len(all), expected)
	}
	return all, err
}

// unfilter reads a chunk and undoes its filters, the last one first. n is the length of
// the result.
func (d *dataset) unfilter(p piece, n int) ([]byte, error) {
	b := make([]byte, p.length)
	if _, err := d.r.ReadAt(b, int64(p.at)); err != nil && err != io.EOF {
		return nil, err
	}
	for i, filter := range slices.Backward(d.filters) {
		if p.mask>>i&1 == 1 {
			continue
		}
		switch filter {
		case filterDeflate:
			z, err := zlib.NewReader(bytes.NewReader(b))
			if err != nil {
				return nil, corrupt("gzip: %v", err)
			}
			out := make([]byte, n)
			if _, err := io.ReadFull(z, out); err != nil {
				return nil, corrupt("gzip: %v", err)
			}
			if extra, err := z.Read(make([]byte, 1)); extra > 0 || err != io.EOF {
				return nil, corrupt("gzip: more than %d bytes, or a wrong checksum (%v)", n, err)
			}
			b = out
		case filterShuffle:
			if len(b) != n {
				return nil, corrupt("shuffle: %d bytes, not %d", len(b), n)
			}
			b = unshuffle(b, int(d.elementSize))
		}
	}
	if len(b) != n {
		return nil, corrupt("%d bytes, not %d", len(b), n)
	}
	return b, nil
}

// unshuffle joins the bytes of each element. In the file all first bytes come first,
// then all second bytes, and so on.
func unshuffle(b []byte, size int) []byte {
	out := make([]byte, len(b))
	n := len(b) / size
	for k := range size {
		for i, v := range b[k*n : (k+1)*n] {
			out[i*size+k] = v
		}
	}
	return out
}

// place copies the part of a chunk that is within the shape.
func (d *dataset) place(dst, chunk []float32, origin []int) {
	last := len(d.Shape) - 1
	width := min(d.chunk[last], d.Shape[last]-origin[last])
	at := make([]int, len(d.Shape)) // position within the chunk
	for {
		from, to := 0, 0
		inside := true
		for i := range at {
			from = from*d.chunk[i] + at[i]
			to = to*d.Shape[i] + origin[i] + at[i]
			inside = inside && origin[i]+at[i] < d.Shape[i]
		}
		if inside {
			copy(dst[to:to+width], chunk[from:from+width])
		}
		i := last - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] < d.chunk[i] {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return
		}
	}
}
