// Package weights reads tensors from the files in which trained networks are
// published: safetensors, the HDF5 that Keras writes, and what torch.save writes.
//
// Open finds the convolutions of a VGG network, for nst.Options.Weights. OpenFile gives
// any file's tensors by name. Nothing in a file is ever executed, and a file is never read
// as a whole: opening it reads the table of contents, Read one tensor, as float32.
// Package fetch downloads published files.
//
// A file is not trusted. With any bytes, reading it ends with an error or with tensors,
// and takes memory in proportion to the size of the file.
package weights

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
)

// The reasons why a file or a tensor cannot be read. An *Error wraps one of them.
var (
	ErrFormat      = errors.New("not a weights file of a known format")
	ErrCorrupt     = errors.New("damaged file")
	ErrUnsupported = errors.New("not supported")
	ErrNotFound    = errors.New("no such tensor")
	ErrAmbiguous   = errors.New("two sets of weights")
	ErrOutput      = errors.New("not a place for converted weights")
)

// Error gives the file and the tensor that could not be read, and the reason.
type Error struct {
	File   string
	Tensor string // empty if the error concerns the whole file
	Err    error
}

func (e *Error) Error() string {
	if e.Tensor != "" {
		return fmt.Sprintf("weights: %s: tensor %q: %v", e.File, e.Tensor, e.Err)
	}
	return fmt.Sprintf("weights: %s: %v", e.File, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrCorrupt, fmt.Errorf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnsupported, fmt.Errorf(format, args...))
}

// Format is a file format.
type Format string

const (
	Safetensors Format = "safetensors"
	HDF5        Format = "hdf5"
	PyTorch     Format = "pytorch"
	Keras       Format = "keras" // a zip archive with an HDF5 file in it
)

// filters returns the [out, in, height, width] of a convolution's shape.
func (f Format) filters(shape []int) []int {
	if f.kernelsFirst() {
		return []int{shape[3], shape[2], shape[0], shape[1]}
	}
	return shape
}

// kernelsFirst reports whether filters are [height, width, in, out].
func (f Format) kernelsFirst() bool { return f == HDF5 || f == Keras }

// Tensor describes a tensor: its name, as the file has it (groups of HDF5 are
// joined by "/", dictionaries of PyTorch by "."); its shape, the slowest dimension
// first, empty for a scalar; and the type of its elements.
type Tensor struct {
	Name  string
	Shape []int
	Type  Type
}

// Len returns the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d // cannot overflow: checked when the file was opened
	}
	return n
}

// entry is a tensor with a function that reads its elements in row-major order.
type entry struct {
	Tensor
	read func() ([]float32, error)
}

// File is an opened weights file. It is safe for concurrent use.
type File struct {
	name     string
	format   Format
	metadata map[string]string
	entries  []entry
	index    map[string]int
	closer   io.Closer
}

// OpenFile reads the table of contents of a file. The format is recognised by the
// content, not by the name. Close the file when done.
func OpenFile(path string) (*File, error) {
	info, err := os.Stat(path) // before it is opened, which waits for ever if it is a named pipe
	if err == nil && !info.Mode().IsRegular() {
		return nil, &Error{File: path, Err: errors.New("not a regular file")}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	if info, err = f.Stat(); err != nil {
		_ = f.Close()
		return nil, &Error{File: path, Err: err}
	}
	file, err := New(path, f, info.Size())
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	file.closer = f
	return file, nil
}

// New is OpenFile for any io.ReaderAt, such as a file on a server that supports ranges.
// The name is only for errors.
func New(name string, r io.ReaderAt, size int64) (*File, error) {
	f := &File{name: name, index: map[string]int{}}
	// The data is checked before the libraries for zip and pickle read it. If one of
	// them panics nevertheless, the file is damaged.
	err := guard(func() error { return f.open(r, size) })
	if err != nil {
		return nil, &Error{File: name, Err: err}
	}
	for i, e := range f.entries {
		if j, ok := f.index[e.Name]; ok {
			return nil, &Error{File: name, Tensor: e.Name, Err: corrupt("there are two, of shapes %v and %v", f.entries[j].Shape, e.Shape)}
		}
		f.index[e.Name] = i
	}
	return f, nil
}

func (f *File) open(r io.ReaderAt, size int64) (err error) {
	var head [512]byte
	n, err := r.ReadAt(head[:min(int64(len(head)), size)], 0)
	if err != nil && err != io.EOF {
		return err
	}
	start := string(head[:n])
	switch {
	case strings.HasPrefix(start, hdf5Signature):
		f.format = HDF5
		f.entries, err = openHDF5(r, size)
	case strings.HasPrefix(start, "PK\x03\x04"), strings.HasPrefix(start, "PK\x05\x06"):
		f.format, f.entries, err = openZip(r, size)
	case strings.HasPrefix(start, torchMagic):
		f.format = PyTorch
		f.entries, err = openTorchLegacy(r, size)
	case len(start) > 262 && start[257:262] == "ustar":
		return unsupported("a tar archive, which torch.save wrote before version 0.1.10")
	case looksLikeSafetensors(start, size):
		f.format = Safetensors
		f.entries, f.metadata, err = openSafetensors(r, size)
	default:
		return foreign(start)
	}
	return err
}

// guard turns a panic into an error.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = corrupt("reading it fails: %v", p)
		}
	}()
	return f()
}

// Format returns the format of the file.
func (f *File) Format() Format { return f.format }

// Metadata returns the metadata of a safetensors file; other formats have none. Do not
// change it.
func (f *File) Metadata() map[string]string { return f.metadata }

// Tensors lists the tensors in the file's order.
func (f *File) Tensors() []Tensor {
	all := make([]Tensor, len(f.entries))
	for i, e := range f.entries {
		all[i] = e.Tensor
		all[i].Shape = slices.Clone(e.Shape)
	}
	return all
}

// Tensor returns the description of the tensor with that name.
func (f *File) Tensor(name string) (Tensor, error) {
	i, ok := f.index[name]
	if !ok {
		return Tensor{}, f.notFound(name)
	}
	t := f.entries[i].Tensor
	t.Shape = slices.Clone(t.Shape)
	return t, nil
}

// Read returns a tensor's elements in row-major order, the last dimension fastest. Half
// precision and bfloat16 are exact in float32; float64 is rounded; other types are an
// error. NaN and infinities are returned unchanged.
func (f *File) Read(name string) ([]float32, error) {
	i, ok := f.index[name]
	if !ok {
		return nil, f.notFound(name)
	}
	e := f.entries[i]
	if !e.Type.isFloat() {
		return nil, &Error{f.name, name, unsupported("its elements are of type %s; read are %s, %s, %s and %s", e.Type, F32, F16, BF16, F64)}
	}
	var data []float32
	err := guard(func() (err error) { data, err = e.read(); return err })
	if err != nil {
		return nil, &Error{f.name, name, err}
	}
	return data, nil
}

func (f *File) notFound(name string) error {
	var some []string
	for _, e := range f.entries[:min(len(f.entries), 6)] {
		some = append(some, e.Name)
	}
	if n := len(f.entries) - len(some); n > 0 {
		some = append(some, fmt.Sprintf("and %d more", n))
	}
	return &Error{f.name, name, fmt.Errorf("%w: the file has %s", ErrNotFound, strings.Join(some, ", "))}
}

// Close closes the file that OpenFile opened.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// volume returns the number of elements of a shape, or an error if a dimension is
// negative or the number exceeds an int.
func volume(shape []int) (int, error) {
	if len(shape) > 32 {
		return 0, corrupt("it has %d dimensions", len(shape))
	}
	n := 1
	for _, d := range shape {
		if d < 0 {
			return 0, corrupt("its shape is %v", shape)
		}
		if d == 0 {
			return 0, checkOthers(shape)
		}
		if n > math.MaxInt/8/d { // 8: the size of the largest element
			return 0, corrupt("its shape is %v: too many elements", shape)
		}
		n *= d
	}
	return n, nil
}

// checkOthers checks that a shape with a zero has no negative dimension.
func checkOthers(shape []int) error {
	for _, d := range shape {
		if d < 0 {
			return corrupt("its shape is %v", shape)
		}
	}
	return nil
}
