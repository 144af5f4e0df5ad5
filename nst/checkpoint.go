package nst

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
)

// Checkpoint is a run between two steps: what Resume needs to go on to the same
// bits as if nothing had happened. Its binary form depends on the run only, not
// on when or how often it was interrupted.
type Checkpoint struct {
	Width, Height int
	Step          int // the next step
	Evaluations   int // so far
	x             []float32
	state         []byte // the optimiser's
}

// ErrCheckpoint is returned for a checkpoint that is damaged, of another
// format or of another run.
var ErrCheckpoint = errors.New("nst: unusable checkpoint")

const (
	checkpointMagic = "nst checkpoint 1\n"
	checkpointFixed = len(checkpointMagic) + 5*8
)

// MarshalBinary writes the checkpoint: a magic line, five little-endian
// integers (width, height, step, evaluations, length of the optimiser's
// state), the pixels, the state, and a checksum (CRC-32C) of all before it.
func (c *Checkpoint) MarshalBinary() ([]byte, error) {
	var b bytes.Buffer
	b.Grow(c.Size())
	_, err := c.WriteTo(&b)
	return b.Bytes(), err
}

// Size is the length of the binary form.
func (c *Checkpoint) Size() int { return checkpointFixed + 4*len(c.x) + len(c.state) + 4 }

// WriteTo writes what MarshalBinary gives, without making another copy of it.
func (c *Checkpoint) WriteTo(w io.Writer) (int64, error) {
	sum := crc32.New(castagnoli)
	var written int64
	var err error
	put := func(b []byte) {
		if err == nil {
			var n int
			n, err = w.Write(b)
			written += int64(n)
			sum.Write(b)
		}
	}
	b := append(make([]byte, 0, 4*checkpointPart), checkpointMagic...)
	for _, v := range []int{c.Width, c.Height, c.Step, c.Evaluations, len(c.state)} {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	put(b)
	for part := range slices.Chunk(c.x, checkpointPart) {
		b = b[:0]
		for _, v := range part {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		put(b)
	}
	put(c.state)
	put(binary.LittleEndian.AppendUint32(b[:0], sum.Sum32()))
	return written, err
}

// checkpointPart is how many pixels are written at a time.
const checkpointPart = 1 << 14

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// UnmarshalBinary reads what MarshalBinary wrote, and refuses anything else
// with an error that is ErrCheckpoint.
func (c *Checkpoint) UnmarshalBinary(b []byte) error {
	if !bytes.HasPrefix(b, []byte(checkpointMagic)) || len(b) < checkpointFixed+4 {
		return fmt.Errorf("%w: %d bytes without the beginning of one", ErrCheckpoint, len(b))
	}
	end := len(b) - 4
	if crc32.Checksum(b[:end], castagnoli) != binary.LittleEndian.Uint32(b[end:]) {
		return fmt.Errorf("%w: the checksum does not match, the file is damaged or cut off", ErrCheckpoint)
	}
	var v [5]int
	for i := range v {
		u := binary.LittleEndian.Uint64(b[len(checkpointMagic)+8*i:])
		if u > math.MaxInt32 {
			return fmt.Errorf("%w: field %d is %d", ErrCheckpoint, i, u)
		}
		v[i] = int(u)
	}
	pixels := 3 * v[0] * v[1]
	if v[0] < 1 || v[1] < 1 || v[0] > end || v[1] > end || checkpointFixed+4*pixels+v[4] != end {
		return fmt.Errorf("%w: %d x %d pixels and %d bytes of state do not make %d bytes", ErrCheckpoint, v[0], v[1], v[4], len(b))
	}
	c.Width, c.Height, c.Step, c.Evaluations = v[0], v[1], v[2], v[3]
	c.x = make([]float32, pixels)
	for i := range c.x {
		c.x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[checkpointFixed+4*i:]))
	}
	c.state = bytes.Clone(b[checkpointFixed+4*pixels : end])
	return nil
}
