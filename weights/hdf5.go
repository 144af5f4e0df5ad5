package weights

// HDF5, as far as Keras writes it through h5py's defaults: superblock 0, groups as
// symbol tables (B-tree 1 over symbol nodes, names in a local heap), object headers
// of version 1. Anything else that an HDF5 file can hold is refused by its name. The
// section numbers are those of the HDF5 File Format Specification, version 3.0.
//
// All numbers are little endian, offsets and lengths 8 bytes.

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strings"
)

const hdf5Signature = "\x89HDF\r\n\x1a\n"

// hdf5Undefined is the address of data that was never written.
const hdf5Undefined = math.MaxUint64

// hdf5 is the underlying file. Its budget limits the work for a file whose structures
// refer to each other in cycles.
type hdf5 struct {
	r      io.ReaderAt
	size   int64
	budget int64 // bytes of structure that may still be read
}

// openHDF5 reads the superblock (II.A) and walks the groups.
func openHDF5(r io.ReaderAt, size int64) ([]entry, error) {
	// A valid file has each of its structures read once.
	h := &hdf5{r: r, size: size, budget: size + 1<<16}
	b, err := h.bytes(8, 88)
	if err != nil {
		return nil, err
	}
	if b[0] != 0 {
		return nil, unsupported("HDF5 superblock version %d, which libver='latest' writes; Keras writes version 0", b[0])
	}
	if b[5] != 8 || b[6] != 8 {
		return nil, unsupported("HDF5 with offsets of %d and lengths of %d bytes; Keras writes 8 and 8", b[5], b[6])
	}
	if base := u64(b[16:]); base != 0 {
		return nil, unsupported("HDF5 with a base address of %d", base)
	}
	if end := u64(b[32:]); end > uint64(size) {
		return nil, corrupt("the file has %d bytes of %d: is the download complete?", size, end)
	}
	w := walker{hdf5: h, seen: map[uint64]bool{}}
	if err := w.object("", u64(b[56:]), 0); err != nil {
		return nil, err
	}
	return w.entries, nil
}

func u16(b []byte) int    { return int(binary.LittleEndian.Uint16(b)) }
func u32(b []byte) int    { return int(binary.LittleEndian.Uint32(b)) }
func u64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// bytes reads a structure.
func (h *hdf5) bytes(at uint64, n int64) ([]byte, error) {
	if n < 0 || at > uint64(h.size) || n > h.size-int64(at) {
		return nil, corrupt("%d bytes at %d lie outside the file of %d bytes", n, at, h.size)
	}
	if h.budget -= n + 8; h.budget < 0 {
		return nil, corrupt("its structures are read again and again: they contain themselves")
	}
	b := make([]byte, n)
	if _, err := h.r.ReadAt(b, int64(at)); err != nil && err != io.EOF {
		return nil, err
	}
	return b, nil
}

// signed reads a structure that begins with a signature.
func (h *hdf5) signed(signature string, at uint64, n int64) ([]byte, error) {
	b, err := h.bytes(at, n)
	if err == nil && string(b[:len(signature)]) != signature {
		err = corrupt("no %s at %d but %q", signature, at, b[:len(signature)])
	}
	return b, err
}

// walker goes through the groups and collects the datasets.
type walker struct {
	*hdf5
	seen    map[uint64]bool // object headers on the way down
	entries []entry
}

// object reads the group or the dataset whose header is at an address.
func (w *walker) object(name string, at uint64, depth int) error {
	if depth > 32 || w.seen[at] {
		return corrupt("group %q contains itself, or 32 others", name)
	}
	w.seen[at] = true
	defer delete(w.seen, at)
	messages, err := w.header(at)
	if err != nil {
		return err
	}
	for _, m := range messages {
		switch m.kind {
		case msgSymbolTable: // IV.A.2.r
			if len(m.data) < 16 {
				return corrupt("group %q: a symbol table of %d bytes", name, len(m.data))
			}
			return w.group(name, u64(m.data), u64(m.data[8:]), depth)
		case msgLinkInfo, msgLink:
			return unsupported("HDF5 group %q in the new style, with links; Keras writes symbol tables", name)
		case msgDataspace:
			return w.dataset(name, messages)
		}
	}
	return nil // for example a committed datatype: no data
}

// group reads a symbol table.
func (w *walker) group(name string, tree, heap uint64, depth int) error {
	b, err := w.signed("HEAP", heap, 32) // III.D
	if err != nil {
		return err
	}
	if length := u64(b[8:]); length > uint64(w.size) {
		return corrupt("group %q: its names have %d bytes, the file has %d", name, length, w.size)
	}
	names, err := w.bytes(u64(b[24:]), int64(u64(b[8:])))
	if err != nil {
		return err
	}
	return w.tree(tree, 0, 8, -1, func(_ []byte, address uint64) error {
		b, err := w.signed("SNOD", address, 8) // III.C
		if err != nil {
			return err
		}
		count := int64(u16(b[6:]))
		if b, err = w.bytes(address+8, 40*count); err != nil {
			return err
		}
		for ; len(b) > 0; b = b[40:] {
			offset := u64(b)
			if offset >= uint64(len(names)) {
				return corrupt("group %q: a name at %d of %d bytes", name, offset, len(names))
			}
			child, _, ended := bytes.Cut(names[offset:], []byte{0})
			if !ended || len(child) == 0 || len(child) > 1024 {
				return corrupt("group %q: a name that is empty, has no end or more than 1024 bytes", name)
			}
			path := string(child)
			if name != "" {
				path = name + "/" + path
			}
			if cache := u32(b[16:]); cache == 2 {
				return unsupported("HDF5 symbolic link %q", path)
			}
			if err := w.object(path, u64(b[8:]), depth+1); err != nil {
				return err
			}
		}
		return nil
	})
}

// tree visits the leaves of a version 1 B-tree (III.A.1) from left to right. keys is
// the number of bytes of a key, which begins a leaf's record in the visit. level is the
// level that the node must have, or -1 at the root.
func (h *hdf5) tree(at uint64, kind byte, keys int64, level int, visit func(key []byte, child uint64) error) error {
	b, err := h.signed("TREE", at, 24)
	if err != nil {
		return err
	}
	if b[4] != kind {
		return corrupt("a B-tree of type %d at %d, not %d", b[4], at, kind)
	}
	if level >= 0 && int(b[5]) != level {
		return corrupt("a B-tree node at %d of level %d, not %d", at, b[5], level)
	}
	level = int(b[5])
	count := int64(u16(b[6:]))
	if b, err = h.bytes(at+24, count*(keys+8)); err != nil {
		return err
	}
	for ; len(b) > 0; b = b[keys+8:] {
		child := u64(b[keys:])
		if level == 0 {
			err = visit(b[:keys], child)
		} else {
			err = h.tree(child, kind, keys, level-1, visit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// The messages of an object header that are read here (IV.A.2).
const (
	msgDataspace    = 0x01
	msgLinkInfo     = 0x02
	msgDatatype     = 0x03
	msgLink         = 0x06
	msgExternal     = 0x07
	msgLayout       = 0x08
	msgFilters      = 0x0b
	msgContinuation = 0x10
	msgSymbolTable  = 0x11
)

type message struct {
	kind int
	data []byte
}

// header reads an object header of version 1 (IV.A.1.a) with its continuations.
func (h *hdf5) header(at uint64) ([]message, error) {
	b, err := h.bytes(at, 16)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(string(b), "OHDR") {
		return nil, unsupported("HDF5 object header version 2; Keras writes version 1")
	}
	if b[0] != 1 {
		return nil, corrupt("an object header of version %d at %d", b[0], at)
	}
	left := u16(b[2:])
	type block struct {
		at     uint64
		length int64
	}
	blocks := []block{{at + 16, int64(u32(b[8:]))}}
	var all []message
	for len(blocks) > 0 && left > 0 {
		b, err := h.bytes(blocks[0].at, blocks[0].length)
		if err != nil {
			return nil, err
		}
		blocks = blocks[1:]
		for ; len(b) >= 8 && left > 0; left-- {
			kind, length, flags := u16(b), u16(b[2:]), b[4]
			if length > len(b)-8 {
				return nil, corrupt("a message of %d bytes in the %d left of the object header at %d", length, len(b)-8, at)
			}
			data := b[8 : 8+length]
			b = b[8+length:]
			switch {
			case kind == msgContinuation:
				if length < 16 || u64(data[8:]) > uint64(h.size) {
					return nil, corrupt("a continuation of the object header at %d outside the file", at)
				}
				blocks = append(blocks, block{u64(data), int64(u64(data[8:]))})
			case flags&2 != 0 && (kind == msgDataspace || kind == msgDatatype || kind == msgFilters):
				return nil, unsupported("an HDF5 message (type %d) shared between objects", kind)
			default:
				all = append(all, message{kind, data})
			}
		}
	}
	return all, nil
}
