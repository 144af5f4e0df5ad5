package weights

import "github.com/nlpodyssey/gopickle/types"

// beside are the names of values that training programs save beside tensors: devices,
// types, options, sets, numbers of NumPy. They are skipped.
var beside = map[string]bool{
	"torch.device": true, "torch.Size": true, "argparse.Namespace": true,
	"__builtin__.set": true, "builtins.set": true, "__builtin__.frozenset": true, "builtins.frozenset": true, "__builtin__.dict": true, "builtins.dict": true,
	"numpy.dtype": true, "numpy.ndarray": true, "_codecs.encode": true,
	"numpy.core.multiarray.scalar": true, "numpy.core.multiarray._reconstruct": true,
	"numpy._core.multiarray.scalar": true, "numpy._core.multiarray._reconstruct": true,
	"torch.float32": true, "torch.float64": true, "torch.float16": true, "torch.bfloat16": true, "torch.int64": true,
}

// skipped stands for such a value and for its class: whatever makes or fills it gives or
// changes nothing.
type skipped struct{}

func (skipped) Call(...any) (any, error)  { return skipped{}, nil }
func (skipped) PyNew(...any) (any, error) { return skipped{}, nil }
func (skipped) PySetState(any) error      { return nil }

// defaultDict makes a collections.defaultdict, whose items follow.
type defaultDict struct{}

func (defaultDict) Call(...any) (any, error) { return types.NewDict(), nil }
