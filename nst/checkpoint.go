package nst

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"math"
	"reflect"
	"slices"
)

// Checkpoint is the state of a run between two steps. Resume continues from it with
// bit-identical results. Its binary form depends only on the run, not on when or how
// often the run was interrupted.
//
// A checkpoint of a run is not a copy: it reads the run's image and optimiser when it is
// written or resumed. It becomes invalid when the optimiser is used again; its use then
// returns ErrCheckpoint. MarshalBinary makes a copy.
type Checkpoint struct {
	Width, Height int
	Step          int // the next step, in all stages
	Evaluations   int // so far
	x             []float32
	state         savedState
	mark          uint32 // checksum of the image and the state
}

// savedState is the state of an optimiser: a Resumable or a stored state.
type savedState interface {
	StateSize() int64
	WriteState(w io.Writer) error
}

// storedState is a state in a file.
type storedState struct{ *io.SectionReader }

func (s storedState) StateSize() int64 { return s.Size() }
func (s storedState) WriteState(w io.Writer) error {
	_, err := io.Copy(w, io.NewSectionReader(s, 0, s.Size()))
	return err
}

// ErrCheckpoint is wrapped if a checkpoint is damaged, has an unknown format, belongs to
// another transfer, or is no longer valid.
var ErrCheckpoint = errors.New("nst: unusable checkpoint")

// ErrNotResumable is wrapped if a run has no checkpoint because its optimiser is not Resumable.
var ErrNotResumable = errors.New("nst: the run cannot be resumed")

const (
	checkpointMagic = "nst checkpoint 1\n"
	checkpointFixed = len(checkpointMagic) + 5*8
)

// checkpoint returns the current state of the run.
func (r *running) checkpoint() (*Checkpoint, error) {
	o, ok := r.resumable()
	if !ok {
		return nil, errorf("%w: the optimiser, %T, has no state to save (Resumable)", ErrNotResumable, r.optimizer)
	}
	c := &Checkpoint{Width: r.width, Height: r.height, Step: r.step, Evaluations: r.evaluations, x: r.x, state: o}
	var err error
	c.mark, err = c.fingerprint()
	return c, err
}

// restore sets the image and the optimiser from the checkpoint.
func (r *running) restore(from *Checkpoint) error {
	k, ok := r.stageOf(from)
	if !ok {
		last := r.stages[len(r.stages)-1]
		return errorf("%w: it is of an image of %d x %d pixels before step %d, the run is of %d x %d pixels, %d steps and %d stages",
			ErrCheckpoint, from.Width, from.Height, from.Step, last.width, last.height, r.steps(), len(r.stages))
	}
	r.stage, r.width, r.height = k, from.Width, from.Height
	if r.average != nil {
		r.average.reset(len(from.x))
	}
	o, ok := r.resumable()
	if !ok {
		return errorf("%w: the optimiser, %T, cannot restore a state (Resumable)", ErrNotResumable, r.optimizer)
	}
	if err := from.fresh(); err != nil {
		return err
	}
	if a, ok := from.state.(*averagedState); ok && r.average != nil && sameOptimizer(a.of, r.optimizer) {
		r.average.weight, r.average.sum = a.weight, slices.Clone(a.sum)
	} else if !sameOptimizer(from.state, o) { // else it is there already
		r.optimizer.Init(len(from.x))
		read, write := io.Pipe()
		go func() { write.CloseWithError(from.state.WriteState(write)) }()
		err := o.ReadState(read, from.state.StateSize())
		read.Close()
		if err != nil {
			return errorf("%w: %w", ErrCheckpoint, err)
		}
	}
	r.x = append([]float32(nil), from.x...)
	r.step, r.evaluations = from.Step, from.Evaluations
	return nil
}

// sameOptimizer reports whether a and b are one value.
func sameOptimizer(a, b any) bool { return reflect.ValueOf(a).Comparable() && a == b }

// fresh returns an error if the run or the optimiser has moved on.
func (c *Checkpoint) fresh() error {
	if _, stored := c.state.(storedState); stored {
		return nil
	}
	if mark, err := c.fingerprint(); err != nil {
		return err
	} else if mark != c.mark {
		return errorf("%w: the optimiser has been used since: write a checkpoint, or take its MarshalBinary, before that", ErrCheckpoint)
	}
	return nil
}

// fingerprint returns a checksum of the first bytes of the image and of the state.
func (c *Checkpoint) fingerprint() (uint32, error) {
	sum := crc32.New(castagnoli)
	if err := writeFloats(sum, c.x[:min(len(c.x), floatsAtOnce)]); err != nil {
		return 0, err
	}
	err := c.state.WriteState(&beginning{sum, 4 * floatsAtOnce})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return sum.Sum32(), err
}

// beginning hashes the first bytes written to it and returns an error for more.
type beginning struct {
	hash.Hash
	left int
}

var errEnough = errors.New("nst: enough")

func (b *beginning) Write(p []byte) (int, error) {
	n, _ := b.Hash.Write(p[:min(b.left, len(p))])
	if b.left -= n; n < len(p) {
		return n, errEnough
	}
	return n, nil
}

// MarshalBinary encodes the checkpoint: a magic line, five little-endian integers
// (width, height, step, evaluations, length of the optimiser's state), the pixels, the
// state, and a checksum (CRC-32C) of all preceding bytes.
func (c *Checkpoint) MarshalBinary() ([]byte, error) {
	var b bytes.Buffer
	b.Grow(c.Size())
	_, err := c.WriteTo(&b)
	return b.Bytes(), err
}

// Size returns the length of the binary form in bytes.
func (c *Checkpoint) Size() int { return checkpointFixed + 4*len(c.x) + int(c.state.StateSize()) + 4 }

// WriteTo writes the bytes of MarshalBinary without making a copy.
func (c *Checkpoint) WriteTo(w io.Writer) (int64, error) {
	if err := c.fresh(); err != nil {
		return 0, err
	}
	out := &counted{w, crc32.New(castagnoli), 0}
	head := []byte(checkpointMagic)
	for _, v := range []int64{int64(c.Width), int64(c.Height), int64(c.Step), int64(c.Evaluations), c.state.StateSize()} {
		head = binary.LittleEndian.AppendUint64(head, uint64(v))
	}
	_, err := out.Write(head)
	if err == nil {
		err = writeFloats(out, c.x)
	}
	if err == nil {
		err = c.state.WriteState(out)
	}
	if err == nil {
		_, err = out.Write(binary.LittleEndian.AppendUint32(nil, out.sum.Sum32()))
	}
	return out.n, err
}

// counted is a writer that checksums and counts the bytes written.
type counted struct {
	io.Writer
	sum hash.Hash32
	n   int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.sum.Write(p[:n])
	c.n += int64(n)
	return n, err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// UnmarshalBinary decodes the output of MarshalBinary. For any other input it returns an
// error that wraps ErrCheckpoint.
func (c *Checkpoint) UnmarshalBinary(b []byte) error {
	read, err := ReadCheckpoint(bytes.NewReader(bytes.Clone(b)), int64(len(b)))
	if err == nil {
		*c = *read
	}
	return err
}

// ReadCheckpoint reads a checkpoint of size bytes and verifies its checksum. The
// optimiser's state, which is nearly all of it, stays in r until Resume reads it: keep r
// open. For an invalid checkpoint the error wraps ErrCheckpoint.
func ReadCheckpoint(r io.ReaderAt, size int64) (*Checkpoint, error) {
	c := &Checkpoint{}
	pixels, err := c.readHead(r, size)
	if err != nil {
		return nil, err
	}
	sum := crc32.New(castagnoli)
	var end [4]byte
	if _, err := io.Copy(sum, io.NewSectionReader(r, 0, size-4)); err != nil {
		return nil, errorf("%w: %w", ErrCheckpoint, err)
	}
	if _, err := io.ReadFull(io.NewSectionReader(r, size-4, 4), end[:]); err != nil {
		return nil, errorf("%w: %w", ErrCheckpoint, err)
	}
	if sum.Sum32() != binary.LittleEndian.Uint32(end[:]) {
		return nil, errorf("%w: the checksum does not match, the file is damaged or cut off", ErrCheckpoint)
	}
	c.x = make([]float32, pixels)
	if err := readFloats(io.NewSectionReader(r, int64(checkpointFixed), 4*pixels), c.x); err != nil {
		return nil, errorf("%w: %w", ErrCheckpoint, err)
	}
	state := int64(checkpointFixed) + 4*pixels
	c.state = storedState{io.NewSectionReader(r, state, size-4-state)}
	return c, nil
}

// readHead reads the integers and checks them against the size. A state may exceed
// four gigabytes.
func (c *Checkpoint) readHead(r io.ReaderAt, size int64) (pixels int64, err error) {
	var b [checkpointFixed]byte
	if n, _ := r.ReadAt(b[:], 0); n < len(b) || string(b[:len(checkpointMagic)]) != checkpointMagic || size < int64(len(b))+4 {
		return 0, errorf("%w: %d bytes without the beginning of one", ErrCheckpoint, size)
	}
	var v [5]int64
	for i := range v {
		u := binary.LittleEndian.Uint64(b[len(checkpointMagic)+8*i:])
		if u > math.MaxInt32 && i < 4 || u > uint64(size) && i == 4 {
			return 0, errorf("%w: field %d is %d", ErrCheckpoint, i, u)
		}
		v[i] = int64(u)
	}
	width, height, state := v[0], v[1], v[4]
	if width < 1 || height < 1 || width > size || height > size/width || int64(checkpointFixed)+12*width*height+state+4 != size {
		return 0, errorf("%w: %d x %d pixels and %d bytes of state do not make %d bytes", ErrCheckpoint, width, height, state, size)
	}
	c.Width, c.Height, c.Step, c.Evaluations = int(width), int(height), int(v[2]), int(v[3])
	return 3 * width * height, nil
}
