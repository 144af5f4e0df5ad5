package nst

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
	"github.com/gonst/workbench/nst/internal/topology"
)

// NumericalVersion changes when the same configuration gives results with other bits than
// before. It is part of a run's identity.
const NumericalVersion = "4"

// Pooling says how 2x2 positions become one.
type Pooling string

const (
	Max     Pooling = "max"     // the largest; the default
	Average Pooling = "average" // the mean, which Gatys et al. found to look better
	L2      Pooling = "l2"      // the square root of the sum of squares
)

// Padding says what a 3x3 convolution reads beyond the edge of a map.
type Padding string

const (
	Zero      Padding = "zero"      // zeros, as the networks were trained; the default
	Replicate Padding = "replicate" // the value at the edge
	Reflect   Padding = "reflect"   // the mirror image, without the edge itself
	// ReplicateFirst is Replicate in the convolution of the image and Zero in all others,
	// as in crowsonkb's program.
	ReplicateFirst Padding = "replicate-first"
	// Circular goes on at the opposite edge: results can be laid side by side without a
	// seam, if their sides are multiples of the layers' reductions. Not in tiles.
	Circular Padding = "circular"
)

// Precision is the number format of the factors in the convolutions between feature maps
// and in Gram matrices. Maps, sums and everything else are always float32.
type Precision string

const (
	Float32 Precision = "float32" // the default
	// BF16x3 represents each factor as the sum of two bfloat16 numbers. BF16 rounds each
	// factor of a convolution to one bfloat16 number, and is the same as BF16x3 in Gram
	// matrices. Both require a processor with AMX.
	BF16x3 Precision = "bf16x3"
	BF16   Precision = "bf16"
)

// ErrPrecision is wrapped if a precision is unknown, or not available on this machine or network.
var ErrPrecision = errors.New("nst: precision not available")

// Precisions lists all precisions, the most exact first.
func Precisions() []Precision {
	var all []Precision
	for _, p := range precisions {
		all = append(all, p.name)
	}
	return all
}

// Err returns an error if this machine cannot compute with the precision.
func (p Precision) Err() error {
	k, err := precisions.of("precision", p)
	if err != nil {
		return errorf("%w: %w", ErrPrecision, err)
	}
	if err := k.Err(); err != nil {
		return errorf("%w: %s: %v: use float32 here", ErrPrecision, p, err)
	}
	return nil
}

var precisions = choices[Precision, kernel.Precision]{
	{Float32, kernel.Float32}, {BF16x3, kernel.BF16x3}, {BF16, kernel.BF16},
}

// Preprocessing converts an image to the input of a network's first layer:
// channel c is (image[Order[c]]*Range - Mean[c]) / Std[c].
type Preprocessing = topology.Preprocessing

// Caffe and Torchvision return the two preprocessings that VGG weights are trained with.
func Caffe() Preprocessing       { return topology.Caffe }
func Torchvision() Preprocessing { return topology.Torchvision }

// Weights returns trained filters. Package weights reads them from files. With a nil Weights
// in Options, a network has random filters.
type Weights interface {
	// Convolution returns a layer's filters, [out][in][size][size] in row-major order
	// (cross-correlation, as in PyTorch), and its biases, [out]. The layer has its name
	// before the ReLU, for example conv1_1.
	Convolution(layer string) (weight, bias []float32, err error)
}

// Options are the options of Open. The zero value is valid. Open returns an error for an
// option that the network does not have.
type Options struct {
	Precision Precision // empty: Float32; a pyramid supports no other
	// Preprocess replaces the network's own preprocessing; nil: keep it.
	Preprocess *Preprocessing
	// Weights are the trained filters; nil: random filters, drawn with Seed.
	Weights Weights
	Seed    uint64

	// Options of VGG networks.

	Pooling   Pooling // empty: Max
	PoolScale float64 // factor for pooled values, above 0; 0: 1
	Padding   Padding // empty: Zero; a pyramid has Replicate, or Circular
	// Width scales the number of channels, above 0 and at most 4; 0: 1, the original
	// number, which published weights have.
	Width float64

	// Options of pyramids: the number of scales, 1 to 12 (0: 5); and of the pyramid of
	// random filters, the number of filters at each scale, 1 to 4096 (0: 96), and the
	// side of a filter, 3, 5 or 7 (0: 7).

	Levels, Filters, Size int
}

// Network is a frozen network: its table of layers, its filters, its pooling,
// padding and preprocessing. It is immutable and safe for concurrent use. Runs share
// its prepared filters.
type Network struct {
	table       *topology.Network
	pooling     kernel.Pooling
	poolScale   float32
	padding     kernel.Padding
	edge        bool // the convolution of the image repeats the edge, whatever the padding is
	precision   kernel.Precision
	weights     Weights
	seed        uint64
	calibration map[string][]calibration // by layer, in the order in which they are applied; nil if there is none

	mu       sync.Mutex
	filters  map[string]*op.Filters
	meetings sync.Map // of programs with the same operations, which are the key: *kernel.Meeting
}

// meeting returns where programs with these operations meet.
func (n *Network) meeting(operations string) *kernel.Meeting {
	m, _ := n.meetings.LoadOrStore(operations, &kernel.Meeting{})
	return m.(*kernel.Meeting)
}

// ErrUnknownNetwork is wrapped by Open if it does not know the name.
var ErrUnknownNetwork = errors.New("nst: unknown network")

// networks is the registry: names in the order in which they are listed, and the
// options that only some networks have.
var networks = []struct {
	name    string
	make    func(o Options) *topology.Network
	options []string
}{
	{"pyramid", func(o Options) *topology.Network { return topology.Pyramid(o.Levels, o.Filters, o.Size) }, pyramidOptions},
	{"oriented", func(o Options) *topology.Network { return topology.Oriented(o.Levels) }, orientedOptions},
	{"vgg19", func(o Options) *topology.Network { return topology.VGG19(o.Width) }, vggOptions},
	{"vgg16", func(o Options) *topology.Network { return topology.VGG16(o.Width) }, vggOptions},
}

var (
	commonOptions   = []string{"Precision", "Preprocess", "Weights", "Seed"}
	vggOptions      = []string{"Pooling", "PoolScale", "Padding", "Width"}
	pyramidOptions  = []string{"Levels", "Filters", "Size", "Padding"}
	orientedOptions = []string{"Levels", "Padding"}
)

// only returns an error if an option is set that is neither common nor in own.
func (o Options) only(network string, own []string) error {
	own = append(slices.Clone(own), commonOptions...)
	v := reflect.ValueOf(o)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; !v.Field(i).IsZero() && !slices.Contains(own, name) {
			return errorf("network %s has no option %s: its options are %s", network, name, strings.Join(own, ", "))
		}
	}
	return nil
}

// NetworkNames lists the names that Open accepts. The first is the default, which
// requires no weight file.
func NetworkNames() []string {
	names := make([]string, len(networks))
	for i, n := range networks {
		names[i] = n.name
	}
	return names
}

// Open returns a network: "pyramid", "oriented", "vgg19" or "vgg16". It reads or draws the filters
// of a layer when the layer is first used. An error wraps ErrUnknownNetwork or
// ErrPrecision, or names the wrong option.
func Open(name string, o Options) (*Network, error) {
	for _, entry := range networks {
		if entry.name != topology.Canonical(name) {
			continue
		}
		if err := o.only(entry.name, entry.options); err != nil {
			return nil, err
		}
		if err := o.defaults(); err != nil {
			return nil, err
		}
		n := &Network{
			table: entry.make(o), poolScale: float32(o.PoolScale),
			weights: o.Weights, seed: o.Seed, filters: map[string]*op.Filters{},
		}
		var err error
		if n.pooling, err = poolings.of("pooling", o.Pooling); err != nil {
			return nil, err
		}
		if n.NeedsCalibration() && !slices.Contains([]Padding{"", Replicate, Circular}, o.Padding) {
			return nil, errorf("padding %q in network %s: choose replicate or circular", string(o.Padding), n.table.Name)
		}
		n.edge = o.Padding == ReplicateFirst
		if n.padding, err = paddings.of("padding", o.Padding); err != nil {
			return nil, err
		}
		if n.precision, err = precisions.of("precision", o.Precision); err != nil {
			return nil, err
		}
		if n.precision != kernel.Float32 && n.NeedsCalibration() {
			return nil, errorf("%w: %s has no convolutions between feature maps: use float32", ErrPrecision, n.table.Name)
		}
		if o.Preprocess != nil {
			n.table.Preprocess = *o.Preprocess
		}
		return n, nil
	}
	return nil, errorf("%w %q%s", ErrUnknownNetwork, name, suggestion(name, NetworkNames()))
}

var poolings = choices[Pooling, kernel.Pooling]{
	{Max, kernel.PoolMax}, {Average, kernel.PoolAverage}, {L2, kernel.PoolL2},
}

var paddings = choices[Padding, kernel.Padding]{
	{Zero, kernel.PadZero}, {Replicate, kernel.PadReplicate}, {Reflect, kernel.PadReflect}, {ReplicateFirst, kernel.PadZero}, {Circular, kernel.PadCircular},
}

// defaults sets empty options and returns an error for invalid ones.
func (o *Options) defaults() error {
	setDefault(&o.PoolScale, 1)
	setDefault(&o.Width, 1)
	setDefault(&o.Levels, 5)
	setDefault(&o.Filters, 96)
	setDefault(&o.Size, 7)
	if err := o.Precision.Err(); err != nil {
		return err
	}
	switch {
	case !(o.PoolScale > 0) || math.IsInf(o.PoolScale, 0):
		return errorf("pool scale %v: must be above 0", o.PoolScale)
	case !(o.Width > 0) || o.Width > 4:
		return errorf("width %v: must be above 0 and at most 4", o.Width)
	case o.Levels < 1 || o.Levels > 12:
		return errorf("%d pyramid levels: must be 1 to 12", o.Levels)
	case o.Filters < 1 || o.Filters > 4096:
		return errorf("%d filters: must be 1 to 4096", o.Filters)
	case o.Size != 3 && o.Size != 5 && o.Size != 7:
		return errorf("filter size %d: choose 3, 5 or 7", o.Size)
	}
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Name returns the network's name.
func (n *Network) Name() string { return n.table.Name }

// About returns a one-line description of the network.
func (n *Network) About() string { return n.table.About }
