package nst

import (
	"bytes"
	"compress/zlib"
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
)

// srgbProfile is the ICC profile of sRGB, made by testdata/images/colour/generate.py.
//
//go:embed srgb.icc
var srgbProfile []byte

// tiffBytes encodes a little-endian TIFF 6.0: strips compressed with Deflate after
// horizontal differencing, and the ICC profile. golang.org/x/image/tiff writes neither
// profiles nor 16 bits without an alpha channel.
func (m *Image) tiffBytes(o SaveOptions) ([]byte, error) {
	depth, err := o.depth()
	if err != nil {
		return nil, err
	}
	if len(o.Text) > 0 {
		return nil, &ImageError{Err: ErrImageOption, Found: fmt.Sprintf("%d texts for a TIFF", len(o.Text)), Fix: "only PNG files have texts"}
	}
	if err := m.savable(); err != nil {
		return nil, err
	}
	const stripBytes = 1 << 18
	bytesOf := depth / 8
	rows := max(1, stripBytes/(3*bytesOf*m.Width))
	out := []byte("II*\x00\x00\x00\x00\x00") // the offset of the directory comes last
	var offsets, lengths []uint32
	for y := 0; y < m.Height; y += rows {
		var strip bytes.Buffer
		z := zlib.NewWriter(&strip)
		for row := y; row < min(y+rows, m.Height); row++ {
			if _, err := z.Write(m.differences(row, depth)); err != nil {
				return nil, err
			}
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
		offsets, lengths = append(offsets, uint32(len(out))), append(lengths, uint32(strip.Len()))
		out = append(out, strip.Bytes()...)
		if uint64(len(out)) > math.MaxUint32-1<<20 {
			return nil, &ImageError{Err: ErrImageTooLarge, Found: "a TIFF of more than 4 GiB", Fix: "save it as a PNG"}
		}
	}

	const short, long, rational, undefined = 3, 4, 5, 7
	type entry struct {
		tag, kind uint16
		count     uint32
		value     []byte
	}
	shorts := func(v ...uint16) (b []byte) {
		for _, x := range v {
			b = binary.LittleEndian.AppendUint16(b, x)
		}
		return b
	}
	longs := func(v ...uint32) (b []byte) {
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, x)
		}
		return b
	}
	strips := uint32(len(offsets))
	entries := []entry{
		{256, long, 1, longs(uint32(m.Width))},
		{257, long, 1, longs(uint32(m.Height))},
		{258, short, 3, shorts(uint16(depth), uint16(depth), uint16(depth))},
		{259, short, 1, shorts(8)}, // Deflate
		{262, short, 1, shorts(2)}, // RGB
		{273, long, strips, longs(offsets...)},
		{277, short, 1, shorts(3)}, // samples a pixel
		{278, long, 1, longs(uint32(rows))},
		{279, long, strips, longs(lengths...)},
		{282, rational, 1, longs(300, 1)}, // resolution, which readers demand
		{283, rational, 1, longs(300, 1)},
		{284, short, 1, shorts(1)}, // samples side by side
		{296, short, 1, shorts(2)}, // inches
		{317, short, 1, shorts(2)}, // differences
		{34675, undefined, uint32(len(srgbProfile)), srgbProfile},
	}
	directory := shorts(uint16(len(entries)))
	for _, e := range entries {
		directory = append(directory, shorts(e.tag, e.kind)...)
		directory = append(directory, longs(e.count)...)
		value := e.value
		if len(value) > 4 { // it stands before the directory
			out = append(out, make([]byte, len(out)%2)...)
			value = longs(uint32(len(out)))
			out = append(out, e.value...)
		}
		directory = append(append(directory, value...), make([]byte, 4-len(value))...)
	}
	out = append(out, make([]byte, len(out)%2)...)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)))
	return append(append(out, directory...), 0, 0, 0, 0), nil
}

// differences returns a row of RGB samples, each minus that of the pixel to its left.
func (m *Image) differences(y, depth int) []byte {
	plane := m.Width * m.Height
	out := make([]byte, 0, 3*m.Width*depth/8)
	var left [3]uint16
	for x := range m.Width {
		for c := range 3 {
			v := m.Pix[c*plane+y*m.Width+x]
			if depth == 8 {
				level := uint16(level8(v))
				out = append(out, byte(level-left[c]))
				left[c] = level
				continue
			}
			level := level16(v)
			out = binary.LittleEndian.AppendUint16(out, level-left[c])
			left[c] = level
		}
	}
	return out
}
