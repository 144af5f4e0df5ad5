package weights

// The files of torch.save: a zip archive with a pickle of the structure and a stored
// record for each storage (since PyTorch 1.6), or a sequence of pickles followed by the
// storages (before).

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"strings"

	"github.com/nlpodyssey/gopickle/types"
)

// torchMagic begins the older form: a pickle of the number 0x1950a86a20f9469cfc6c.
const torchMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."

// span gives the position of a storage's bytes, and how to read all of them and check
// their checksum if there is one.
type span struct {
	at, length int64
	whole      func() (io.ReadCloser, error) // nil: no checksum
}

// openTorchZip reads an archive that has data.pkl after the prefix.
func openTorchZip(r io.ReaderAt, size int64, records map[string]*zip.File, prefix string) ([]entry, error) {
	if records[prefix+"constants.pkl"] != nil {
		return nil, unsupported("TorchScript, a program; save the model's state_dict() with torch.save")
	}
	if f := records[prefix+"byteorder"]; f != nil {
		b, err := record(f, size, 16)
		if err != nil {
			return nil, err
		}
		if order := strings.TrimSpace(string(b)); order != "little" {
			return nil, unsupported("elements in byte order %q", order)
		}
	}
	if n := records[prefix+"data.pkl"].UncompressedSize64; n > maxPickle {
		return nil, unsupported("a pickle of %d bytes, more than %d: tensors lie outside of it, arrays of NumPy do not: save tensors", n, maxPickle)
	}
	data, err := record(records[prefix+"data.pkl"], size, maxPickle)
	if err != nil {
		return nil, err
	}
	u := &unpickler{}
	top, n, err := u.load(data)
	if err != nil {
		return nil, err
	}
	if n != len(data) {
		return nil, corrupt("%d bytes follow the pickle", len(data)-n)
	}
	for key, s := range u.storages {
		name := prefix + "data/" + key
		f := records[name]
		if f == nil {
			return nil, corrupt("zip: the record %q of a storage is missing", name)
		}
		if s.span, err = stored(f, size); err != nil {
			return nil, err
		}
		if s.span.length != s.bytes() {
			return nil, corrupt("zip: %q has %d bytes, %d elements of type %s need %d", name, s.span.length, s.count, s.Type, s.bytes())
		}
	}
	return torchEntries(r, top)
}

// stored returns the position of a record's bytes. Neither torch.save nor Keras
// compresses them.
func stored(f *zip.File, size int64) (span, error) {
	if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 {
		return span{}, unsupported("zip: %q is compressed, which neither torch.save nor Keras does", f.Name)
	}
	at, err := f.DataOffset()
	if err != nil {
		return span{}, corrupt("zip: %q: %v", f.Name, err)
	}
	if f.UncompressedSize64 > uint64(size) || at > size-int64(f.UncompressedSize64) {
		return span{}, corrupt("zip: %q lies outside the file", f.Name)
	}
	return span{at: at, length: int64(f.UncompressedSize64), whole: f.Open}, nil
}

// record reads a small record.
func record(f *zip.File, size, limit int64) ([]byte, error) {
	s, err := stored(f, size)
	if err != nil {
		return nil, err
	}
	if s.length > limit {
		return nil, unsupported("zip: %q has %d bytes, more than %d", f.Name, s.length, limit)
	}
	r, err := f.Open()
	if err != nil {
		return nil, corrupt("zip: %q: %v", f.Name, err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, corrupt("zip: %q: %v", f.Name, err)
	}
	return b, nil
}

func openTorchLegacy(r io.ReaderAt, size int64) ([]entry, error) {
	at := int64(0)
	next := func(u *unpickler) (any, error) {
		window := make([]byte, min(maxPickle, size-at))
		if _, err := r.ReadAt(window, at); err != nil && err != io.EOF {
			return nil, err
		}
		v, n, err := u.load(window)
		at += int64(n)
		return v, err
	}
	magic, err := next(&unpickler{})
	if err != nil {
		return nil, err
	}
	if n, ok := magic.(*big.Int); !ok || n.Text(16) != "1950a86a20f9469cfc6c" {
		return nil, corrupt("the magic number is %v", magic)
	}
	version, err := next(&unpickler{})
	if err != nil {
		return nil, err
	}
	if version != 1001 {
		return nil, unsupported("PyTorch protocol %v; known is 1001", version)
	}
	system, err := next(&unpickler{})
	if err != nil {
		return nil, err
	}
	if d, ok := system.(*types.Dict); ok {
		for _, e := range *d {
			if e.Key == "little_endian" && e.Value != true {
				return nil, unsupported("elements in big-endian order")
			}
		}
	}
	u := &unpickler{}
	top, err := next(u)
	if err != nil {
		return nil, err
	}
	list, err := next(&unpickler{})
	if err != nil {
		return nil, err
	}
	keys, ok := list.(*types.List)
	if !ok {
		return nil, corrupt("no list of storages follows the structure")
	}
	// Each storage: its number of elements, 8 bytes, and the elements.
	for _, k := range *keys {
		key, _ := k.(string)
		s := u.storages[key]
		if s == nil || s.span.at != 0 {
			return nil, corrupt("the list of storages has %q, which nothing uses, or twice", key)
		}
		var b [8]byte
		if n, err := r.ReadAt(b[:], at); n < len(b) {
			return nil, corrupt("it ends before storage %q (%v): is the download complete?", key, err)
		}
		if n := binary.LittleEndian.Uint64(b[:]); n != uint64(s.count) {
			return nil, corrupt("storage %q has %d elements, the structure says %d", key, n, s.count)
		}
		at += 8
		if s.bytes() > size-at {
			return nil, corrupt("it ends within storage %q: is the download complete?", key)
		}
		s.span = span{at: at, length: s.bytes()}
		at += s.bytes()
	}
	for key, s := range u.storages {
		if s.span.at == 0 {
			return nil, corrupt("storage %q is not in the file", key)
		}
	}
	if at != size {
		return nil, corrupt("%d bytes follow the last storage", size-at)
	}
	return torchEntries(r, top)
}

// torchEntries collects the tensors of a structure: nested dictionaries, whose keys are joined by dots.
func torchEntries(r io.ReaderAt, top any) ([]entry, error) {
	if t, ok := top.(*torchTensor); ok {
		e, err := t.entry(r, "tensor")
		return []entry{e}, err
	}
	var all []entry
	visits := 0
	var walk func(name string, v any, depth int) error
	each := func(name string, key, v any, depth int) error {
		k, ok := key.(string)
		if !ok || len(k) > 1024 {
			return nil // for example an optimiser's state
		}
		if name != "" {
			k = name + "." + k
		}
		return walk(k, v, depth+1)
	}
	walk = func(name string, v any, depth int) error {
		if visits++; visits > 100_000 || depth > 16 {
			return corrupt("its dictionaries contain each other again and again")
		}
		switch v := v.(type) {
		case *torchTensor:
			e, err := v.entry(r, name)
			if err != nil {
				return fmt.Errorf("tensor %q: %w", name, err)
			}
			all = append(all, e)
		case *types.OrderedDict:
			for e := v.List.Front(); e != nil; e = e.Next() {
				entry := e.Value.(*types.OrderedDictEntry)
				if err := each(name, entry.Key, entry.Value, depth); err != nil {
					return err
				}
			}
		case *types.Dict:
			for _, e := range *v {
				if err := each(name, e.Key, e.Value, depth); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := walk("", top, 0); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, unsupported("there is no tensor in it by name: it should be a state_dict()")
	}
	return all, nil
}
