package nst

// The saved form of an optimiser's state. All numbers are little endian:
//
//	"nsto"   4 bytes
//	version  1 byte, 1
//	kind     1 byte, an index of stateKinds
//	zero     2 bytes
//	n        8 bytes, the number of variables
//
// then the optimiser's own scalars, 8 bytes each, and vectors of n float32.
// The scalars say how many vectors follow, so the length of a state is known
// before a vector is read, and any other length is refused.

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

const (
	stateMagic   = "nsto"
	stateVersion = 1
	stateHeader  = 16 // bytes
)

type stateKind uint8

const (
	stateSGD stateKind = 1 + iota
	stateAdam
	stateRMSProp
	stateLBFGS
	stateAverage // follows the state of the optimiser; not an optimiser's own
)

var stateKinds = [...]string{stateSGD: "SGD", stateAdam: "Adam", stateRMSProp: "RMSProp", stateLBFGS: "LBFGS", stateAverage: "the average of iterates"}

func (k stateKind) String() string {
	if int(k) < len(stateKinds) && stateKinds[k] != "" {
		return stateKinds[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// state is the state that an optimiser saves. It has the optimiser's own vectors, not copies.
type state struct {
	kind    stateKind
	n       int
	scalars []uint64
	vectors [][]float32
}

func (s *state) int(v int)       { s.scalars = append(s.scalars, uint64(v)) }
func (s *state) float(v float64) { s.scalars = append(s.scalars, math.Float64bits(v)) }
func (s *state) flag(v bool)     { s.int(map[bool]int{true: 1}[v]) }

func (s *state) vector(v ...[]float32) { s.vectors = append(s.vectors, v...) }

func (s *state) size() int64 {
	return stateHeader + 8*int64(len(s.scalars)) + 4*int64(s.n)*int64(len(s.vectors))
}

func (s *state) write(w io.Writer) error {
	head := append([]byte(stateMagic), stateVersion, byte(s.kind), 0, 0)
	head = binary.LittleEndian.AppendUint64(head, uint64(s.n))
	for _, v := range s.scalars {
		head = binary.LittleEndian.AppendUint64(head, v)
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, v := range s.vectors {
		if err := writeFloats(w, v); err != nil {
			return err
		}
	}
	return nil
}

// floatsAtOnce is the number of float32 that are converted to bytes at a time.
const floatsAtOnce = 1 << 14

// writeFloats writes v, 4 bytes each.
func writeFloats(w io.Writer, v []float32) error {
	b := make([]byte, 0, 4*min(len(v), floatsAtOnce))
	for part := range slices.Chunk(v, floatsAtOnce) {
		b = b[:0]
		for _, f := range part {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// readFloats reads what writeFloats writes.
func readFloats(r io.Reader, v []float32) error {
	b := make([]byte, 4*min(len(v), floatsAtOnce))
	for part := range slices.Chunk(v, floatsAtOnce) {
		b = b[:4*len(part)]
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		for i := range part {
			part[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
	}
	return nil
}

// stateReader reads scalars and keeps the first error, then reads vectors, whose number
// expect has checked.
type stateReader struct {
	kind stateKind
	n    int
	from io.Reader
	left int64 // bytes
	err  error
}

// openState checks the header against the optimiser that is restored.
func openState(kind stateKind, n int, from io.Reader, size int64) *stateReader {
	r := &stateReader{kind: kind, n: n, from: from, left: size}
	var head [stateHeader]byte
	if size < stateHeader {
		r.fail("not an optimiser's state")
		return r
	}
	r.read(head[:])
	switch {
	case r.err != nil:
	case string(head[:4]) != stateMagic:
		r.fail("not an optimiser's state")
	case head[4] != stateVersion || head[6] != 0 || head[7] != 0:
		r.fail("format version %d is not known, only %d", head[4], stateVersion)
	case stateKind(head[5]) != kind:
		r.fail("this is the state of %v", stateKind(head[5]))
	}
	if m := binary.LittleEndian.Uint64(head[8:]); m != uint64(n) {
		r.fail("it is for %d variables, the optimiser was prepared for %d (Init)", m, n)
	}
	return r
}

func (r *stateReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = errorf("restore the state of %v: %w", r.kind, fmt.Errorf(format, args...))
	}
}

func (r *stateReader) read(b []byte) {
	if r.err != nil {
		return
	}
	if _, err := io.ReadFull(r.from, b); err != nil {
		r.fail("%w", err)
	}
	r.left -= int64(len(b))
}

var errStateShort = errors.New("it ends too early")

func (r *stateReader) word() uint64 {
	if r.left < 8 {
		r.fail("%w", errStateShort)
	}
	var b [8]byte
	r.read(b[:])
	if r.err != nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b[:])
}

func (r *stateReader) float() float64 { return math.Float64frombits(r.word()) }

// int reads a number from 0 to limit.
func (r *stateReader) int(what string, limit int) int {
	v := r.word()
	if v > uint64(limit) {
		r.fail("%s is %d, at most %d is possible here", what, v, limit)
		return 0
	}
	return int(v)
}

func (r *stateReader) flag(what string) bool { return r.int(what, 1) == 1 }

// expect checks that exactly these scalars and vectors are left, and returns the first error.
func (r *stateReader) expect(scalars, vectors int) error {
	want := int64(scalars)*8 + int64(vectors)*int64(r.n)*4
	switch {
	case r.left < want:
		r.fail("%w: %d bytes are left, %d are needed", errStateShort, r.left, want)
	case r.left > want:
		r.fail("%d bytes too many", r.left-want)
	}
	return r.err
}

// vectors reads each vector, and returns the first error.
func (r *stateReader) vectors(all ...[]float32) error {
	for _, v := range all {
		if r.err == nil {
			if err := readFloats(r.from, v); err != nil {
				r.fail("%w", err)
			}
		}
	}
	return r.err
}
