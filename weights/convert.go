package weights

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/internal/atomicfile"
	"github.com/gonst/workbench/weights/internal/vgg"
)

// Layers lists the convolutions that have both weights and biases, conv1_1 first.
func (c *Convolutions) Layers() []string {
	var all []string
	for layer, pair := range c.names {
		if pair[0] != "" && pair[1] != "" {
			all = append(all, layer)
		}
	}
	slices.Sort(all)
	return all
}

// Network returns "vgg16" or "vgg19" if all its convolutions exist, otherwise an empty
// text.
func (c *Convolutions) Network() string { return vgg.Named(c.Layers()) }

// Shape returns a layer's [out, in, height, width], for any order in the file.
func (c *Convolutions) Shape(layer string) ([]int, error) {
	t, err := c.file.Tensor(c.names[layer][0])
	if err != nil {
		return nil, err
	}
	return c.file.format.filters(t.Shape), nil
}

// Convert writes only the convolutions of the file at in to a new safetensors file at
// out, whose name must end in .safetensors: conv1_1.weight, F32, [out][in][3][3],
// conv1_1.bias and so on. The values stay the same; float64 is rounded. The metadata
// names the source and its SHA-256. Only one layer at a time is in memory, and out
// appears when it is complete. An existing file is not replaced.
func Convert(in, out string) (err error) {
	if !strings.EqualFold(filepath.Ext(out), ".safetensors") {
		return &Error{File: out, Err: fmt.Errorf("%w: the name must end in .safetensors, the format that is written", ErrOutput)}
	}
	if _, err := os.Lstat(out); err == nil {
		return &Error{File: out, Err: fmt.Errorf("%w: the file exists: remove it or choose another name", ErrOutput)}
	}
	c, err := Open(in)
	if err != nil {
		return err
	}
	defer c.Close()
	source, err := fileDigest(in)
	if err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	layout, err := c.Layout(map[string]string{
		"source": filepath.Base(in), "source_sha256": source, "source_format": string(c.file.format),
		"network": c.Network(), "layout": "out, in, height, width",
	})
	if err != nil {
		return err
	}
	var reading error
	err = atomicfile.Write(out, func(f io.Writer) error {
		if _, err := f.Write(layout.Head); err != nil {
			return err
		}
		for _, layer := range layout.Layers {
			var data []byte
			if data, reading = c.Data(layer); reading != nil {
				return reading
			}
			if _, err := f.Write(data); err != nil {
				return err
			}
		}
		return nil
	})
	if reading != nil {
		return reading
	}
	if err != nil {
		return fmt.Errorf("weights: %s is not written: %w", out, err)
	}
	return nil
}

// Layout describes the order of convolutions in a safetensors file: first the head,
// then the Data of each layer.
type Layout struct {
	Head   []byte
	Layers []string
	Ends   []int64 // the offset in the file at which each layer's data ends
}

// Layout returns the layout of the file that Convert writes, with the metadata in the
// head.
func (c *Convolutions) Layout(metadata map[string]string) (*Layout, error) {
	type info struct {
		Type    Type     `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	members := map[string]any{"__metadata__": metadata}
	at := int64(0)
	add := func(name string, shape ...int) error {
		n, err := volume(shape)
		if err != nil {
			return &Error{c.file.name, name, err}
		}
		members[name] = info{F32, shape, [2]int64{at, at + 4*int64(n)}}
		at += 4 * int64(n)
		return nil
	}
	l := &Layout{Layers: c.Layers()}
	if len(l.Layers) == 0 {
		return nil, &Error{File: c.file.name, Err: fmt.Errorf("%w: no convolution has both weights and biases", ErrNotFound)}
	}
	for _, layer := range l.Layers {
		shape, err := c.Shape(layer)
		if err == nil {
			err = add(layer+".bias", shape[0])
		}
		if err == nil {
			err = add(layer+".weight", shape...)
		}
		if err != nil {
			return nil, err
		}
		l.Ends = append(l.Ends, at)
	}
	text, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	for len(text)%8 != 0 { // align the elements
		text = append(text, ' ')
	}
	l.Head = append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	for i := range l.Ends {
		l.Ends[i] += int64(len(l.Head))
	}
	return l, nil
}

// Data returns a layer's biases and then its filters, in little-endian float32.
func (c *Convolutions) Data(layer string) ([]byte, error) {
	weight, bias, err := c.Convolution(layer)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, 4*(len(bias)+len(weight)))
	for _, values := range [][]float32{bias, weight} { // in the order of the names
		for _, v := range values {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b, nil
}

func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// Check reads all convolutions and reports everything that does not fit a VGG network:
// missing layers, shapes that do not follow each other, numbers that are not finite.
// One error lists all problems.
func (c *Convolutions) Check() error {
	var wrong []error
	if c.Network() == "" {
		found := "found are " + strings.Join(c.Layers(), ", ")
		if len(c.Layers()) == 0 { // a file may have both, but in different models
			found = fmt.Sprintf("found is none with both, such as %s without its bias", anyName(network{names: c.names}))
		}
		wrong = append(wrong, &Error{File: c.file.name, Err: fmt.Errorf("%w: neither the 13 convolutions of VGG-16 nor the 16 of VGG-19, with weights and biases; %s", ErrNotFound, found)})
	}
	before := 3 // the three colours
	for _, layer := range c.Layers() {
		shape, err := c.Shape(layer)
		if err == nil && shape[1] != before {
			err = &Error{c.file.name, c.names[layer][0], corrupt("%s reads %d maps, there are %d before it", layer, shape[1], before)}
		}
		if err != nil {
			wrong = append(wrong, err)
		}
		if shape != nil {
			before = shape[0]
		}
		if _, _, err := c.Convolution(layer); err != nil {
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}

// Format returns the format of the file that contains the convolutions.
func (c *Convolutions) Format() Format { return c.file.format }
