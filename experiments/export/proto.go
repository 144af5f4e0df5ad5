package export

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a protocol buffers message being written, field by field. The few
// messages of TensorBoard that are needed are written by hand: their generated
// types come only with TensorFlow itself.
type message []byte

func (m *message) text(n protowire.Number, s string) {
	*m = protowire.AppendString(protowire.AppendTag(*m, n, protowire.BytesType), s)
}

func (m *message) bytes(n protowire.Number, b []byte) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, n, protowire.BytesType), b)
}

func (m *message) whole(n protowire.Number, v int64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, n, protowire.VarintType), uint64(v))
}

func (m *message) double(n protowire.Number, v float64) {
	*m = protowire.AppendFixed64(protowire.AppendTag(*m, n, protowire.Fixed64Type), math.Float64bits(v))
}

func (m *message) float(n protowire.Number, v float32) {
	*m = protowire.AppendFixed32(protowire.AppendTag(*m, n, protowire.Fixed32Type), math.Float32bits(v))
}

// value is a google.protobuf.Value of a setting.
func value(v any) message {
	var m message
	switch v := v.(type) {
	case bool:
		m.whole(4, map[bool]int64{true: 1}[v])
	case int64:
		m.double(2, float64(v))
	case float64:
		m.double(2, v)
	case string:
		m.text(3, v)
	}
	return m
}
