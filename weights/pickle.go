package weights

// Pickles are programs for a small stack machine. gopickle runs them without Python.
// Here they can only make containers, numbers, strings and descriptions of tensors. The
// opcodes are checked before a pickle runs, because gopickle trusts a stated length and
// allocates gigabytes for it.

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/types"
)

// maxPickle is the maximum length of a pickle. VGG-19's has 4 KB. Memory can reach some
// hundred times this length.
const maxPickle = 2 << 20

// maxMarks is the maximum depth of nested marks: one for each container that is being
// built.
const maxMarks = 64

// The operands of the opcodes in pickles of tensors, by Python's pickletools: a number
// of bytes, a length before a text, or lines.
const (
	lines1  = -1 // one line
	lines2  = -2 // two lines
	length1 = -3 // a length of one byte, and as many
	length4 = -4 // a length of four bytes, and as many
)

var opcodes = map[byte]int{
	'(': 0, '.': 0, '0': 0, ')': 0, ']': 0, '}': 0, 'N': 0, 'Q': 0, 'R': 0, // MARK STOP POP EMPTY_TUPLE EMPTY_LIST EMPTY_DICT NONE BINPERSID REDUCE
	'a': 0, 'b': 0, 'e': 0, 's': 0, 't': 0, 'u': 0, // APPEND BUILD APPENDS SETITEM TUPLE SETITEMS
	0x81: 0, 0x85: 0, 0x86: 0, 0x87: 0, 0x88: 0, 0x89: 0, 0x93: 0, 0x94: 0, // NEWOBJ TUPLE1 TUPLE2 TUPLE3 NEWTRUE NEWFALSE STACK_GLOBAL MEMOIZE
	'K': 1, 'h': 1, 'q': 1, 0x80: 1, 'M': 2, // BININT1 BINGET BINPUT PROTO BININT2
	'J': 4, 'j': 4, 'r': 4, 'G': 8, 0x95: 8, // BININT LONG_BINGET LONG_BINPUT BINFLOAT FRAME
	'c': lines2, 'I': lines1, // GLOBAL INT
	'U': length1, 0x8a: length1, 0x8c: length1, // SHORT_BINSTRING LONG1 SHORT_BINUNICODE
	'T': length4, 'X': length4, // BINSTRING BINUNICODE
}

// pickleLength checks the opcodes of the pickle at the beginning of data and returns
// its length.
func pickleLength(data []byte) (int, error) {
	at, marks := 0, 0
	short := func() error {
		if len(data) >= maxPickle {
			return unsupported("a pickle of more than %d bytes: tensors lie outside of it, arrays of NumPy do not: save tensors", maxPickle)
		}
		return corrupt("the pickle ends early")
	}
	for at < len(data) {
		op := data[at]
		at++
		n, ok := opcodes[op]
		if !ok {
			return 0, unsupported("pickle opcode %#x, which descriptions of tensors have no use for", op)
		}
		rest := data[at:]
		switch {
		case n >= 0:
		case n == lines1 || n == lines2:
			for lines := n; lines < 0; lines++ {
				i := bytes.IndexByte(rest, '\n')
				if i < 0 || i > 1024 {
					return 0, corrupt("a pickle's line without end")
				}
				rest = rest[i+1:]
				at += i + 1
			}
			n = 0
		case n == length1 && len(rest) >= 1:
			n = 1 + int(rest[0])
		case n == length4 && len(rest) >= 4:
			n = 4 + int(binary.LittleEndian.Uint32(rest))
		default:
			return 0, short()
		}
		if n > len(data)-at {
			return 0, short()
		}
		switch op {
		case '.':
			return at, nil
		case '(':
			if marks++; marks > maxMarks {
				return 0, corrupt("a pickle with %d marks open", marks)
			}
		case 't', 'e', 'u':
			marks--
		case 0x8a:
			if rest[0] == 0 {
				return 0, corrupt("a pickle's number without digits")
			}
		case 0x95:
			if length := binary.LittleEndian.Uint64(rest); length > uint64(len(data)-at-n) {
				return 0, short()
			}
		}
		at += n
	}
	return 0, short()
}

// unpickler runs one pickle and collects the storages that it refers to.
type unpickler struct {
	storages map[string]*storage
}

// load runs the pickle at the beginning of data and returns its value and length.
func (u *unpickler) load(data []byte) (v any, n int, err error) {
	if n, err = pickleLength(data); err != nil {
		return nil, 0, err
	}
	p := pickle.NewUnpickler(bytes.NewReader(data[:n]))
	p.FindClass = findClass
	p.PersistentLoad = u.persistent
	err = guard(func() (err error) { v, err = p.Load(); return err })
	if err == nil {
		return v, n, nil
	}
	if _, ours := err.(interface{ Unwrap() []error }); !ours {
		err = corrupt("pickle: %v", err)
	}
	return nil, 0, err
}

// storageTypes are torch's classes of storages, torch.FloatStorage and so on.
var storageTypes = map[string]Type{
	"DoubleStorage": F64, "FloatStorage": F32, "HalfStorage": F16, "BFloat16Storage": BF16,
	"LongStorage": I64, "IntStorage": I32, "ShortStorage": I16, "CharStorage": I8, "ByteStorage": U8, "BoolStorage": Bool,
}

type storageClass struct{ Type Type }

// findClass knows the names that a pickle of tensors imports. gopickle also knows
// collections.OrderedDict. All of them only describe data.
func findClass(module, name string) (any, error) {
	if t, ok := storageTypes[name]; ok && (module == "torch" || module == "torch.cuda") {
		return storageClass{t}, nil
	}
	switch module + "." + name {
	case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
		return rebuildTensor{}, nil
	case "torch._utils._rebuild_parameter":
		return rebuildParameter{}, nil
	case "collections.defaultdict":
		return defaultDict{}, nil
	}
	if beside[module+"."+name] {
		return skipped{}, nil
	}
	return nil, unsupported("it would import %s.%s, but only tensors are read: save the model's state_dict() with torch.save", module, name)
}

// persistent resolves a reference to a storage: ("storage", class, key, device, elements[, view]).
func (u *unpickler) persistent(id any) (any, error) {
	t, ok := id.(*types.Tuple)
	if !ok || t.Len() < 5 {
		return nil, corrupt("a reference to a storage of another form")
	}
	kind, _ := t.Get(0).(string)
	class, isClass := t.Get(1).(storageClass)
	key, isKey := t.Get(2).(string)
	count, isCount := t.Get(4).(int)
	if kind != "storage" || !isClass || !isKey || !isCount || count < 0 || int64(count) > 1<<48 || strings.Contains(key, "/") {
		return nil, corrupt("a reference to a storage of another form: %q, key %q, %d elements", kind, key, count)
	}
	if t.Len() > 5 && t.Get(5) != nil {
		return nil, unsupported("a storage that is a view of another one, as PyTorch saved before 0.4")
	}
	s := u.storages[key]
	if s == nil {
		if u.storages == nil {
			u.storages = map[string]*storage{}
		}
		s = &storage{Type: class.Type, count: count}
		u.storages[key] = s
	}
	if s.Type != class.Type || s.count != count {
		return nil, corrupt("storage %q is of type %s with %d elements and of %s with %d", key, s.Type, s.count, class.Type, count)
	}
	return s, nil
}

type rebuildTensor struct{}

// Call has the arguments storage, offset, shape, strides, and more that are not used.
func (rebuildTensor) Call(args ...any) (any, error) {
	if len(args) < 4 {
		return nil, corrupt("a tensor of %d arguments", len(args))
	}
	s, ok := args[0].(*storage)
	offset, isInt := args[1].(int)
	shape, err := ints(args[2])
	if err != nil || !ok || !isInt {
		return nil, corrupt("a tensor of other arguments")
	}
	stride, err := ints(args[3])
	if err != nil {
		return nil, err
	}
	return &torchTensor{s, offset, shape, stride}, nil
}

type rebuildParameter struct{}

// Call has the arguments tensor, requires_grad, hooks.
func (rebuildParameter) Call(args ...any) (any, error) {
	if len(args) > 0 {
		if t, ok := args[0].(*torchTensor); ok {
			return t, nil
		}
	}
	return nil, corrupt("a parameter without a tensor")
}

func ints(v any) ([]int, error) {
	t, ok := v.(*types.Tuple)
	if !ok || t.Len() > 32 {
		return nil, corrupt("a shape or strides of another form")
	}
	all := make([]int, t.Len())
	for i := range all {
		if all[i], ok = t.Get(i).(int); !ok {
			return nil, corrupt("a shape or strides of another form")
		}
	}
	return all, nil
}
