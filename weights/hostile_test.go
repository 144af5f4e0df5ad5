package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// refuse opens data and reads all of it. There must be an error of that kind with that
// text, and little memory must be used. 24 MiB leave room for the windows of 2 MiB
// through which pickles are read.
func refuse(t *testing.T, name string, data []byte, is error, says string) {
	t.Helper()
	var err error
	if n := allocated(func() {
		var f *File
		if f, err = New("x", bytes.NewReader(data), int64(len(data))); err != nil {
			return
		}
		for _, tensor := range f.Tensors() {
			if _, e := f.Read(tensor.Name); e != nil && err == nil {
				err = e
			}
		}
	}); n > 24<<20+10*uint64(len(data)) {
		t.Errorf("%s: %d bytes allocated", name, n)
	}
	if strconv.IntSize == 32 && errors.Is(err, ErrCorrupt) {
		return // some numbers are too large there before any other check
	}
	if !errors.Is(err, is) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: error %v, want %q", name, err, says)
	}
}

func TestHostileSafetensors(t *testing.T) {
	file := func(header string, data int) []byte {
		b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
		return append(append(b, header...), make([]byte, data)...)
	}
	one := func(shape, offsets string) string {
		return fmt.Sprintf(`{"a":{"dtype":"F32","shape":%s,"data_offsets":%s}}`, shape, offsets)
	}
	huge := file(one("[1]", "[0,4]"), 4)
	binary.LittleEndian.PutUint64(huge, 90_000_000)
	refuse(t, "header beyond the file", huge, ErrCorrupt, "is the download complete?")
	binary.LittleEndian.PutUint64(huge, 1<<63)
	refuse(t, "header of exabytes", huge, ErrFormat, "")
	for _, c := range []struct {
		name, header string
		data         int
		says         string
	}{
		{"no JSON", `{"a":`, 0, "the header's JSON"},
		{"something behind", `{} 1`, 0, "something follows"},
		{"negative offset", one("[1]", "[-4,0]"), 0, "overlap or leave a gap"},
		{"backwards", one("[1]", "[0,-4]"), 0, "overlap or leave a gap"},
		{"gap", one("[1]", "[4,8]"), 8, "overlap or leave a gap"},
		{"beyond", one("[2]", "[0,8]"), 4, "is the download complete?"},
		{"behind", one("[1]", "[0,4]"), 5, "1 bytes follow the last tensor"},
		{"wrong size", one("[2]", "[0,4]"), 4, "are 8 bytes, it has 4"},
		{"negative dimension", one("[-1]", "[0,4]"), 4, "its shape is [-1]"},
		{"two negatives", one("[-1,-1]", "[0,4]"), 4, "its shape is [-1 -1]"},
		{"negative beside zero", one("[0,-1]", "[0,0]"), 0, "its shape is [0 -1]"},
		{"overflow", one("[4294967296,4294967296]", "[0,0]"), 0, "too many elements"},
		{"overflow to 1", one("[6148914691236517205,3]", "[0,4]"), 4, "too many elements"},
		{"fraction", one("[1.5]", "[0,4]"), 4, "the header's JSON"},
		{"three offsets", one("[1]", "[0,4,8]"), 4, "no dtype, shape and two data_offsets"},
		{"no shape", `{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4, "no dtype, shape and two data_offsets"},
		{"overlap", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8, "overlap"},
		{"twice", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8, "there are two"},
		{"deep", `{"a":` + strings.Repeat("[", 100000), 0, "the header's JSON"},
	} {
		refuse(t, c.name, file(c.header, c.data), ErrCorrupt, c.says)
	}
	refuse(t, "unknown type", file(`{"a":{"dtype":"F4","shape":[8],"data_offsets":[0,4]}}`, 4), ErrUnsupported, "of type F4")
}

// pytorch makes a zip archive as torch.save does, with this pickle and storage "0".
func pytorch(t *testing.T, pickle string, method uint16, storage []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	add := func(name string, method uint16, data []byte) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	add("archive/data.pkl", zip.Store, []byte(pickle))
	if storage != nil {
		add("archive/data/0", method, storage)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Pieces of pickles.
func text(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}
func num(n int32) string { return "J" + string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }
func tensorPickle(count, offset int32, shape, stride string) string {
	storage := "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + num(count) + "tQ"
	return "\x80\x02}" + text("x") + "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + num(offset) + shape + stride + "\x89}tRs."
}

func TestHostilePyTorch(t *testing.T) {
	four := make([]byte, 16)
	good := tensorPickle(4, 0, num(4)+"\x85", num(1)+"\x85")
	f, err := New("good", bytes.NewReader(pytorch(t, good, zip.Store, four)), int64(len(pytorch(t, good, zip.Store, four))))
	if err != nil {
		t.Fatalf("the file that the others are made from: %v", err)
	}
	if v, err := f.Read("x"); err != nil || len(v) != 4 {
		t.Fatalf("%v, %v", v, err)
	}
	var bomb bytes.Buffer
	bomb.Write(make([]byte, 64<<20))
	for _, c := range []struct {
		name string
		data []byte
		is   error
		says string
	}{
		{"bomb", pytorch(t, tensorPickle(16<<20, 0, num(4)+"\x85", num(1)+"\x85"), zip.Deflate, bomb.Bytes()), ErrUnsupported, "is compressed"},
		{"storage missing", pytorch(t, good, zip.Store, nil), ErrCorrupt, `"archive/data/0" of a storage is missing`},
		{"storage short", pytorch(t, tensorPickle(1<<30, 0, num(4)+"\x85", num(1)+"\x85"), zip.Store, four), ErrCorrupt, "need 4294967296"},
		{"negative count", pytorch(t, tensorPickle(-4, 0, num(4)+"\x85", num(1)+"\x85"), zip.Store, four), ErrCorrupt, "another form"},
		{"beyond", pytorch(t, tensorPickle(4, 1, num(4)+"\x85", num(1)+"\x85"), zip.Store, four), ErrCorrupt, "outside its storage"},
		{"beyond, one", pytorch(t, tensorPickle(4, 4, num(1)+"\x85", num(1)+"\x85"), zip.Store, four), ErrCorrupt, "outside its storage"},
		{"beyond, scalar", pytorch(t, tensorPickle(4, 4, ")", ")"), zip.Store, four), ErrCorrupt, "outside its storage"},
		{"negative offset", pytorch(t, tensorPickle(4, -1, num(4)+"\x85", num(1)+"\x85"), zip.Store, four), ErrCorrupt, "offset -1"},
		{"negative stride", pytorch(t, tensorPickle(4, 3, num(4)+"\x85", num(-1)+"\x85"), zip.Store, four), ErrCorrupt, "strides [-1]"},
		{"stride overflow", pytorch(t, tensorPickle(4, 0, num(2)+num(2)+"\x86", num(1<<30)+num(1<<30)+"\x86"), zip.Store, four), ErrCorrupt, "outside its storage"},
		{"negative shape", pytorch(t, tensorPickle(4, 0, num(-4)+"\x85", num(1)+"\x85"), zip.Store, four), ErrCorrupt, "shape is [-4]"},
		{"ranks differ", pytorch(t, tensorPickle(4, 0, num(4)+"\x85", num(1)+num(1)+"\x86"), zip.Store, four), ErrCorrupt, "strides [1 1]"},
		{"expanded", pytorch(t, tensorPickle(4, 0, num(1<<30)+"\x85", num(0)+"\x85"), zip.Store, four), ErrUnsupported, "more than once"},
		{"imports", pytorch(t, "\x80\x02cos\nsystem\n(X\x02\x00\x00\x00lstR.", zip.Store, nil), ErrUnsupported, "import os.system"},
		{"text of gigabytes", pytorch(t, "\x80\x02X\xff\xff\xff\x7f.", zip.Store, nil), ErrCorrupt, "the pickle ends early"},
		{"bytes of exabytes", pytorch(t, "\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", zip.Store, nil), ErrUnsupported, "opcode 0x8e"},
		{"frame of exabytes", pytorch(t, "\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.", zip.Store, nil), ErrCorrupt, "the pickle ends early"},
		{"opcode 255", pytorch(t, "\x80\x02\xff.", zip.Store, nil), ErrUnsupported, "opcode 0xff"},
		{"marks", pytorch(t, "\x80\x02"+strings.Repeat("(", 1<<20)+".", zip.Store, nil), ErrCorrupt, "marks open"},
		{"empty number", pytorch(t, "\x80\x02\x8a\x00.", zip.Store, nil), ErrCorrupt, "without digits"},
		{"odd items", pytorch(t, "\x80\x02}(Nu.", zip.Store, nil), ErrCorrupt, "reading it fails"},
		{"list as key", pytorch(t, "\x80\x02ccollections\nOrderedDict\n)R(]t.", zip.Store, nil), ErrUnsupported, "no tensor"},
		// d = {}; d["a"] = d["b"] = d: twice as many at each depth.
		{"contains itself", pytorch(t, "\x80\x02}q\x00"+text("a")+"h\x00s"+text("b")+"h\x00s.", zip.Store, nil), ErrCorrupt, "again and again"},
		{"reduces itself", pytorch(t, "\x80\x02]q\x00h\x00ah\x00)R.", zip.Store, nil), ErrCorrupt, "pickle"},
		{"long", pytorch(t, "\x80\x02"+strings.Repeat("N0", 2<<20)+"N.", zip.Store, nil), ErrUnsupported, "more than 2097152"},
	} {
		refuse(t, c.name, c.data, c.is, c.says)
	}
}

func TestHostileHDF5(t *testing.T) {
	original, err := os.ReadFile("testdata/keras.h5")
	if err != nil {
		t.Fatal(err)
	}
	edit := func(f func(b []byte)) []byte { b := bytes.Clone(original); f(b); return b }
	put := func(b []byte, at int, v uint64) { binary.LittleEndian.PutUint64(b[at:], v) }
	root := int(u64(original[64:])) // header of the root group
	tree := bytes.Index(original, []byte("TREE"))
	node := bytes.Index(original, []byte("SNOD"))
	heap := bytes.Index(original, []byte("HEAP"))
	if tree < 0 || node < 0 || heap < 0 {
		t.Fatal("no group in the file")
	}
	for _, c := range []struct {
		name string
		data []byte
		says string
	}{
		{"truncated", original[:len(original)-1], "is the download complete?"},
		{"root outside", edit(func(b []byte) { put(b, 64, 1<<62) }), "outside the file"},
		{"root undefined", edit(func(b []byte) { put(b, 64, hdf5Undefined) }), "outside the file"},
		{"group in itself", edit(func(b []byte) { put(b, node+8+8, uint64(root)) }), "contains itself"},
		{"tree in itself", edit(func(b []byte) { b[tree+5] = 200; put(b, tree+24+8, uint64(tree)) }), "B-tree node"},
		{"heap of exabytes", edit(func(b []byte) { put(b, heap+8, 1<<62) }), "its names have"},
		{"name outside", edit(func(b []byte) { put(b, node+8, 1<<40) }), "a name at"},
		{"65535 messages", edit(func(b []byte) { b[root+2], b[root+3] = 255, 255; b[root+8], b[root+9] = 255, 255 }), "outside the file"},
	} {
		refuse(t, c.name, c.data, ErrCorrupt, c.says)
	}
	// A header that continues in itself without end: the budget stops it.
	loop := edit(func(b []byte) {
		binary.LittleEndian.PutUint16(b[root+2:], 65535)
		at := root + 16
		binary.LittleEndian.PutUint16(b[at:], msgContinuation)
		binary.LittleEndian.PutUint16(b[at+2:], 16)
		put(b, at+8, uint64(at))
		put(b, at+16, 24)
	})
	refuse(t, "endless header", loop, ErrCorrupt, "again and again")

	storage, err := os.ReadFile("testdata/storage.h5")
	if err != nil {
		t.Fatal(err)
	}
	z := bytes.Index(storage, []byte{0x78, 0x5e}) // a zlib stream, level 4 as h5py writes it
	if z < 0 {
		t.Fatal("no gzip chunk in the file")
	}
	storage[z+5] ^= 0xff
	refuse(t, "broken gzip", storage, ErrCorrupt, "gzip: ")
}
