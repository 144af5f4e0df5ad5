package weights

// Datasets of HDF5: their shape, type and storage.

import (
	"bytes"
	"fmt"
	"io"
)

// dataset holds the messages of a dataset's object header.
type dataset struct {
	*hdf5
	Tensor
	elements    int
	elementSize int64 // bytes

	address uint64 // of the elements, or of the chunks' B-tree
	chunk   []int  // a chunk's shape; nil: contiguous
	filters []int  // in the order in which they were applied
	compact []byte // the elements, if they are in the header itself
}

// The supported filters (IV.A.2.l).
const (
	filterDeflate = 1
	filterShuffle = 2
)

var filterNames = map[int]string{3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "lzf", 32001: "blosc", 32004: "lz4", 32015: "zstd"}

func (w *walker) dataset(name string, messages []message) error {
	d := &dataset{hdf5: w.hdf5, Tensor: Tensor{Name: name}}
	if err := d.parse(messages); err != nil {
		return fmt.Errorf("dataset %q: %w", name, err)
	}
	w.entries = append(w.entries, entry{d.Tensor, d.read})
	return nil
}

func (d *dataset) parse(messages []message) (err error) {
	var layout, filters []byte
	for _, m := range messages {
		switch m.kind {
		case msgDataspace:
			if d.Shape, err = dataspace(m.data); err != nil {
				return err
			}
		case msgDatatype:
			if d.Type, d.elementSize, err = datatype(m.data); err != nil {
				return err
			}
		case msgExternal:
			return unsupported("HDF5 with elements in another file")
		case msgLayout:
			layout = m.data
		case msgFilters:
			filters = m.data
		}
	}
	if d.Type == "" || layout == nil {
		return corrupt("it has no type or no layout")
	}
	if d.elements, err = volume(d.Shape); err != nil {
		return err
	}
	if !d.Type.isFloat() {
		return nil // listed, but never read
	}
	if filters != nil {
		if d.filters, err = pipeline(filters); err != nil {
			return err
		}
	}
	return d.layout(layout)
}

// dataspace reads the shape (IV.A.2.b).
func dataspace(b []byte) ([]int, error) {
	if len(b) < 4 {
		return nil, corrupt("a dataspace of %d bytes", len(b))
	}
	version, rank := b[0], int(b[1])
	start := 8
	switch {
	case version == 2 && b[3] == 2:
		return []int{0}, nil // null: no elements
	case version == 2:
		start = 4
	case version != 1:
		return nil, unsupported("HDF5 dataspace version %d", version)
	}
	if len(b) < start+8*rank {
		return nil, corrupt("a dataspace of %d bytes for %d dimensions", len(b), rank)
	}
	shape := make([]int, rank)
	for i := range shape {
		v := u64(b[start+8*i:])
		if v > 1<<48 {
			return nil, corrupt("a dimension of %d", v)
		}
		shape[i] = int(v)
	}
	return shape, nil
}

// datatype reads the type of the elements and their size (IV.A.2.d).
func datatype(b []byte) (Type, int64, error) {
	if len(b) < 8 {
		return "", 0, corrupt("a datatype of %d bytes", len(b))
	}
	class, size := b[0]&15, int64(u32(b[4:]))
	switch class {
	case 0:
		kinds := map[int64]string{1: "8", 2: "16", 4: "32", 8: "64"}
		if bits, ok := kinds[size]; ok {
			return Type([]string{"U", "I"}[b[1]>>3&1] + bits), size, nil
		}
		return "integer", size, nil
	case 1:
		if len(b) < 20 {
			return "", 0, corrupt("a floating-point datatype of %d bytes", len(b))
		}
		if b[1]&0x41 != 0 {
			return "big-endian float", size, nil
		}
		// Bit offset, precision; exponent's place and bits, fraction's place and bits; bias.
		ieee := map[Type][]byte{
			F16: {0, 0, 16, 0, 10, 5, 0, 10, 15, 0, 0, 0},
			F32: {0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0},
			F64: {0, 0, 64, 0, 52, 11, 0, 52, 255, 3, 0, 0},
		}
		for t, form := range ieee {
			if size == int64(t.Size()) && bytes.Equal(b[8:20], form) {
				return t, size, nil
			}
		}
		return "unusual float", size, nil
	}
	names := []string{3: "string", 4: "bits", 5: "opaque", 6: "compound", 7: "reference", 8: "enumeration", 9: "variable length", 10: "array"}
	if int(class) < len(names) && names[class] != "" {
		return Type(names[class]), size, nil
	}
	return Type(fmt.Sprintf("HDF5 class %d", class)), size, nil
}

// pipeline reads which filters were applied (IV.A.2.l).
func pipeline(b []byte) ([]int, error) {
	if len(b) < 8 || b[0] != 1 {
		return nil, unsupported("HDF5 filter pipeline that is not of version 1")
	}
	count := int(b[1])
	b = b[8:]
	var filters []int
	for range count {
		if len(b) < 8 {
			return nil, corrupt("the filter pipeline ends early")
		}
		id, length, values := u16(b), (u16(b[2:])+7)&^7, u16(b[6:])
		values += values & 1 // padded to 8 bytes
		if id != filterDeflate && id != filterShuffle {
			name, ok := filterNames[id]
			if !ok {
				name = fmt.Sprint("number ", id)
			}
			return nil, unsupported("HDF5 filter %s; read are gzip and shuffle", name)
		}
		if len(b) < 8+length+4*values {
			return nil, corrupt("the filter pipeline ends early")
		}
		filters = append(filters, id)
		b = b[8+length+4*values:]
	}
	return filters, nil
}

// layout reads where the elements are (IV.A.2.i).
func (d *dataset) layout(b []byte) error {
	if len(b) < 2 || b[0] != 3 {
		return unsupported("HDF5 data layout that is not of version 3")
	}
	total := uint64(d.elements) * uint64(d.elementSize)
	switch class := b[1]; class {
	case 0: // compact
		if len(b) < 4 || len(b) < 4+u16(b[2:]) || uint64(u16(b[2:])) != total {
			return corrupt("%d elements of %d bytes are not what its header holds", d.elements, d.elementSize)
		}
		d.compact = b[4 : 4+total]
		return nil
	case 1: // contiguous
		if len(b) < 18 {
			return corrupt("a layout of %d bytes", len(b))
		}
		d.address = u64(b[2:])
		if d.elements == 0 {
			return nil
		}
		if d.address == hdf5Undefined {
			return corrupt("its elements were never written")
		}
		if length := u64(b[10:]); length != total {
			return corrupt("%d elements of %d bytes in %d bytes", d.elements, d.elementSize, length)
		}
		if d.address > uint64(d.size) || total > uint64(d.size)-d.address {
			return corrupt("its %d bytes at %d lie outside the file of %d bytes", total, d.address, d.size)
		}
		return nil
	case 2: // chunked
		rank := len(d.Shape)
		if len(b) < 11 || int(b[2]) != rank+1 || len(b) < 11+4*(rank+1) || rank == 0 {
			return corrupt("chunks of another number of dimensions than %v", d.Shape)
		}
		d.address = u64(b[3:])
		d.chunk = make([]int, rank)
		for i := range d.chunk {
			if d.chunk[i] = u32(b[11+4*i:]); d.chunk[i] == 0 {
				return corrupt("chunks without extent")
			}
		}
		if size := u32(b[11+4*rank:]); int64(size) != d.elementSize {
			return corrupt("chunks of elements of %d bytes, not %d", size, d.elementSize)
		}
		_, err := volume(d.chunk)
		return err
	default:
		return unsupported("HDF5 data layout class %d", class)
	}
}

func (d *dataset) read() ([]float32, error) {
	switch {
	case d.elements == 0:
		return []float32{}, nil
	case d.compact != nil:
		return readFloats(bytes.NewReader(d.compact), d.Type, d.elements)
	case d.chunk == nil:
		if len(d.filters) > 0 {
			return nil, corrupt("filters on elements that are not in chunks")
		}
		return readFloats(io.NewSectionReader(d.r, int64(d.address), int64(d.elements)*d.elementSize), d.Type, d.elements)
	}
	return d.readChunks()
}
