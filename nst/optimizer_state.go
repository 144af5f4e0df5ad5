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
	"math"
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
)

var stateKinds = [...]string{stateSGD: "SGD", stateAdam: "Adam", stateRMSProp: "RMSProp", stateLBFGS: "LBFGS"}

func (k stateKind) String() string {
	if int(k) < len(stateKinds) && stateKinds[k] != "" {
		return stateKinds[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// stateWriter appends to a buffer made once, for that many scalars and vectors.
type stateWriter []byte

func newStateWriter(kind stateKind, n, scalars, vectors int) stateWriter {
	w := make(stateWriter, 0, stateHeader+8*scalars+4*n*vectors)
	w = append(w, stateMagic...)
	w = append(w, stateVersion, byte(kind), 0, 0)
	return binary.LittleEndian.AppendUint64(w, uint64(n))
}

func (w *stateWriter) int(v int) { *w = binary.LittleEndian.AppendUint64(*w, uint64(v)) }
func (w *stateWriter) float(v float64) {
	*w = binary.LittleEndian.AppendUint64(*w, math.Float64bits(v))
}
func (w *stateWriter) flag(v bool) { w.int(map[bool]int{true: 1}[v]) }
func (w *stateWriter) vector(v []float32) {
	for _, f := range v {
		*w = binary.LittleEndian.AppendUint32(*w, math.Float32bits(f))
	}
}

// stateReader reads scalars while noting the first error, then vectors, whose
// presence has been made sure of by expect.
type stateReader struct {
	kind stateKind
	n    int
	data []byte
	err  error
}

// openState checks the header against the optimiser that wants to be restored.
func openState(kind stateKind, n int, data []byte) *stateReader {
	r := &stateReader{kind: kind, n: n}
	if len(data) < stateHeader || string(data[:4]) != stateMagic {
		r.fail("not an optimiser's state")
		return r
	}
	if v := data[4]; v != stateVersion || data[6] != 0 || data[7] != 0 {
		r.fail("format version %d is not known, only %d", v, stateVersion)
		return r
	}
	if k := stateKind(data[5]); k != kind {
		r.fail("this is the state of %v", k)
		return r
	}
	if m := binary.LittleEndian.Uint64(data[8:]); m != uint64(n) {
		r.fail("it is for %d variables, the optimiser was prepared for %d (Init)", m, n)
		return r
	}
	r.data = data[stateHeader:]
	return r
}

func (r *stateReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("nst: restore the state of %v: %w", r.kind, fmt.Errorf(format, args...))
	}
}

var errStateShort = errors.New("it ends too early")

func (r *stateReader) word() uint64 {
	if r.err == nil && len(r.data) < 8 {
		r.fail("%w", errStateShort)
	}
	if r.err != nil {
		return 0
	}
	v := binary.LittleEndian.Uint64(r.data)
	r.data = r.data[8:]
	return v
}

func (r *stateReader) float() float64 { return math.Float64frombits(r.word()) }

// int reads a number of 0 to limit.
func (r *stateReader) int(what string, limit int) int {
	v := r.word()
	if v > uint64(limit) {
		r.fail("%s is %d, at most %d is possible here", what, v, limit)
		return 0
	}
	return int(v)
}

func (r *stateReader) flag(what string) bool { return r.int(what, 1) == 1 }

// expect makes sure that exactly these scalars and vectors are left, and returns the error so far.
func (r *stateReader) expect(scalars, vectors int) error {
	want := uint64(scalars)*8 + uint64(vectors)*uint64(r.n)*4
	switch have := uint64(len(r.data)); {
	case have < want:
		r.fail("%w: %d bytes are left, %d are needed", errStateShort, have, want)
	case have > want:
		r.fail("%d bytes too many", have-want)
	}
	return r.err
}

func (r *stateReader) vector(dst []float32) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(r.data[4*i:]))
	}
	r.data = r.data[4*len(dst):]
}
