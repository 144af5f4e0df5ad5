package weights

// Safetensors: the length of a JSON header, 8 bytes little endian; the header; the
// elements. https://huggingface.co/docs/safetensors
//
//	{"name": {"dtype": "F32", "shape": [64, 3, 3, 3], "data_offsets": [0, 6912]}, …,
//	 "__metadata__": {"key": "value"}}
//
// The offsets count from the header's end. The format requires that the tensors cover
// the rest of the file without gap or overlap.

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"sort"
)

// maxSafetensorsHeader is the format's own limit.
const maxSafetensorsHeader = 100_000_000

func looksLikeSafetensors(start string, size int64) bool {
	if len(start) < 9 || start[8] != '{' {
		return false
	}
	n := binary.LittleEndian.Uint64([]byte(start))
	// A header longer than the file is still treated as a header: the file was cut off.
	return n >= 2 && n <= maxSafetensorsHeader
}

func openSafetensors(r io.ReaderAt, size int64) ([]entry, map[string]string, error) {
	var length [8]byte
	if _, err := r.ReadAt(length[:], 0); err != nil {
		return nil, nil, err
	}
	n := int64(binary.LittleEndian.Uint64(length[:]))
	if n > size-8 {
		return nil, nil, corrupt("the header is said to have %d bytes, the file has %d: is the download complete?", n, size)
	}
	header := make([]byte, n)
	if _, err := r.ReadAt(header, 8); err != nil && err != io.EOF {
		return nil, nil, err
	}
	tensors, metadata, err := parseSafetensors(header)
	if err != nil {
		return nil, nil, err
	}
	data, room := 8+n, size-8-n
	sort.SliceStable(tensors, func(i, j int) bool {
		a, b := tensors[i], tensors[j]
		return a.begin < b.begin || a.begin == b.begin && a.end < b.end
	})
	var entries []entry
	var at int64
	for _, t := range tensors {
		if t.begin != at || t.end < t.begin {
			return nil, nil, corrupt("tensor %q lies at bytes %d to %d, where one should begin at %d: the tensors overlap or leave a gap", t.Name, t.begin, t.end, at)
		}
		if t.end > room {
			return nil, nil, corrupt("tensor %q ends at byte %d of the data, which has %d: is the download complete?", t.Name, t.end, room)
		}
		at = t.end
		elements, err := volume(t.Shape)
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if s := t.Type.Size(); s > 0 && int64(elements)*int64(s) != t.end-t.begin {
			return nil, nil, corrupt("tensor %q: %v elements of type %s are %d bytes, it has %d", t.Name, t.Shape, t.Type, int64(elements)*int64(s), t.end-t.begin)
		}
		section := [2]int64{data + t.begin, t.end - t.begin}
		typ := t.Type
		entries = append(entries, entry{t.Tensor, func() ([]float32, error) {
			return readFloats(io.NewSectionReader(r, section[0], section[1]), typ, elements)
		}})
	}
	if at != room {
		return nil, nil, corrupt("%d bytes follow the last tensor", room-at)
	}
	return entries, metadata, nil
}

type safetensor struct {
	Tensor
	begin, end int64
}

// parseSafetensors reads the header one member at a time, because a map would hide a
// name that occurs twice.
func parseSafetensors(header []byte) (tensors []safetensor, metadata map[string]string, err error) {
	bad := func(err error) error { return corrupt("the header's JSON: %v", err) }
	d := json.NewDecoder(bytes.NewReader(header))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, corrupt("the header is not a JSON object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, nil, bad(err)
		}
		name, _ := key.(string)
		if name == "__metadata__" {
			if err := d.Decode(&metadata); err != nil {
				return nil, nil, bad(err)
			}
			continue
		}
		var info struct {
			Type    Type    `json:"dtype"`
			Shape   []int   `json:"shape"`
			Offsets []int64 `json:"data_offsets"`
		}
		if err := d.Decode(&info); err != nil {
			return nil, nil, bad(fmt.Errorf("tensor %q: %w", name, err))
		}
		if info.Type == "" || info.Shape == nil || len(info.Offsets) != 2 {
			return nil, nil, corrupt("tensor %q: the header gives no dtype, shape and two data_offsets", name)
		}
		tensors = append(tensors, safetensor{Tensor{name, info.Shape, info.Type}, info.Offsets[0], info.Offsets[1]})
	}
	if _, err := d.Token(); err != nil {
		return nil, nil, bad(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil, corrupt("something follows the header's JSON object")
	}
	return tensors, metadata, nil
}
