package nst

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
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
	b := make([]byte, 0, checkpointFixed+4*len(c.x)+len(c.state)+4)
	b = append(b, checkpointMagic...)
	for _, v := range []int{c.Width, c.Height, c.Step, c.Evaluations, len(c.state)} {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	for _, v := range c.x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	b = append(b, c.state...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli)), nil
}

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
