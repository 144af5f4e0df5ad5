package weights

import (
	"encoding/binary"
	"io"
	"math"
)

// Type is the type of a tensor's elements, by safetensors' names.
type Type string

const (
	F64  Type = "F64"
	F32  Type = "F32"
	F16  Type = "F16"  // IEEE half precision
	BF16 Type = "BF16" // the upper half of a float32
	I64  Type = "I64"
	I32  Type = "I32"
	I16  Type = "I16"
	I8   Type = "I8"
	U64  Type = "U64"
	U32  Type = "U32"
	U16  Type = "U16"
	U8   Type = "U8"
	Bool Type = "BOOL"
)

// Size returns the number of bytes of an element, or 0 for an unknown type.
func (t Type) Size() int {
	switch t {
	case F64, I64, U64:
		return 8
	case F32, I32, U32:
		return 4
	case F16, BF16, I16, U16:
		return 2
	case I8, U8, Bool:
		return 1
	}
	return 0
}

func (t Type) isFloat() bool { return t == F64 || t == F32 || t == F16 || t == BF16 }

// decode converts little-endian elements.
func (t Type) decode(dst []float32, src []byte) {
	switch t {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case F16:
		for i := range dst {
			dst[i] = half(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case BF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
		}
	case F64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	}
}

// half returns the value of an IEEE 754 binary16.
func half(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent, fraction := uint32(h>>10)&31, uint32(h&0x3ff)
	switch {
	case exponent == 31: // infinite or NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	case exponent == 0: // subnormal: fraction * 2^-24, exact
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// readFloats reads n elements in pieces. The caller has checked that r contains as
// many.
func readFloats(r io.Reader, t Type, n int) ([]float32, error) {
	dst := make([]float32, n)
	size := t.Size()
	buffer := make([]byte, min(n, 1<<16)*size)
	for done := 0; done < n; {
		part := min(n-done, 1<<16)
		b := buffer[:part*size]
		if _, err := io.ReadFull(r, b); err != nil {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return nil, corrupt("it ends within the tensor")
			}
			return nil, err
		}
		t.decode(dst[done:done+part], b)
		done += part
	}
	return dst, nil
}
