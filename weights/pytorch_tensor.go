package weights

import "io"

// storage is a flat array. Tensors are views of it.
type storage struct {
	Type  Type
	count int // elements
	span  span
}

func (s *storage) bytes() int64 { return int64(s.count) * int64(s.Type.Size()) }

// torchTensor is a view: element (i, j, …) is the storage's at offset + i*stride[0] + j*stride[1] + ….
type torchTensor struct {
	storage       *storage
	offset        int
	shape, stride []int
}

// entry checks the view against its storage.
func (t *torchTensor) entry(r io.ReaderAt, name string) (entry, error) {
	elements, err := volume(t.shape)
	if err != nil {
		return entry{}, err
	}
	if len(t.stride) != len(t.shape) || t.offset < 0 || t.offset > t.storage.count {
		return entry{}, corrupt("shape %v, strides %v, offset %d in a storage of %d", t.shape, t.stride, t.offset, t.storage.count)
	}
	last := t.offset // the element with the largest offset
	for i, n := range t.shape {
		if elements == 0 {
			break
		}
		s := t.stride[i]
		if s < 0 || n > 1 && s > (t.storage.count-1-last)/(n-1) {
			return entry{}, corrupt("shape %v, strides %v, offset %d: outside its storage of %d", t.shape, t.stride, t.offset, t.storage.count)
		}
		if n > 1 {
			last += (n - 1) * s
		}
	}
	switch {
	case elements > 0 && last >= t.storage.count:
		return entry{}, corrupt("it lies outside its storage of %d elements", t.storage.count)
	case elements > t.storage.count:
		return entry{}, unsupported("a view of shape %v that shows the elements of its storage more than once", t.shape)
	}
	return entry{
		Tensor{name, t.shape, t.storage.Type},
		func() ([]float32, error) { return t.read(r, elements, last+1-t.offset) },
	}, nil
}

// read reads the elements. extent is the distance of the first and the last in the
// storage.
func (t *torchTensor) read(r io.ReaderAt, elements, extent int) ([]float32, error) {
	if elements == 0 {
		return []float32{}, nil
	}
	s := t.storage
	var data []float32
	if extent == s.count && s.span.whole != nil {
		z, err := s.span.whole()
		if err != nil {
			return nil, corrupt("zip: %v", err)
		}
		defer z.Close()
		if data, err = readFloats(z, s.Type, extent); err != nil {
			return nil, err
		}
		// The archive's checksum is compared at the end.
		if _, err := z.Read(make([]byte, 1)); err != io.EOF {
			return nil, corrupt("zip: %v", err)
		}
	} else {
		size := int64(s.Type.Size())
		var err error
		section := io.NewSectionReader(r, s.span.at+int64(t.offset)*size, int64(extent)*size)
		if data, err = readFloats(section, s.Type, extent); err != nil {
			return nil, err
		}
	}
	if extent == elements && t.contiguous() {
		return data, nil
	}
	// Gather: another memory format, a transposed or sliced view.
	dst := make([]float32, elements)
	at := make([]int, len(t.shape))
	from := 0
	for i := range dst {
		dst[i] = data[from]
		for k := len(at) - 1; k >= 0; k-- {
			at[k]++
			from += t.stride[k]
			if at[k] < t.shape[k] {
				break
			}
			from -= at[k] * t.stride[k]
			at[k] = 0
		}
	}
	return dst, nil
}

// contiguous reports whether the elements are in row-major order.
func (t *torchTensor) contiguous() bool {
	step := 1
	for i := len(t.shape) - 1; i >= 0; i-- {
		if t.shape[i] != 1 && t.stride[i] != step {
			return false
		}
		step *= t.shape[i]
	}
	return true
}
