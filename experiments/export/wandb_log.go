package export

import (
	"encoding/binary"
	"hash/crc32"

	"google.golang.org/protobuf/encoding/protowire"
)

// A wandbLog is a .wandb file being written: records of protocol buffers in the framing
// of LevelDB's log, as wandb/sdk/internal/datastore.py of wandb 0.20 writes it. The file
// begins with ":W&B", 0xBEE1 and the version 0. Blocks have 32 KiB; no chunk of a record
// crosses their borders:
//
//	uint32 crc      CRC-32 (IEEE) of type and data; little-endian, as all of these
//	uint16 length
//	byte   type     1: whole record, 2: first, 3: middle, 4: last chunk
//	byte   data[length]
type wandbLog struct {
	file []byte
	num  int64  // of the last record
	run  string // its ID
}

const (
	wandbBlock = 32 << 10
	wandbChunk = 7 // bytes before the data of a chunk
)

// record appends a wandb_internal.Record with one field.
func (l *wandbLog) record(field protowire.Number, content message) {
	l.num++
	var m, info message
	m.whole(1, l.num)
	m.bytes(field, content)
	info.text(1, l.run)
	m.bytes(200, info)
	if len(l.file) == 0 {
		l.file = append(l.file, ":W&B\xe1\xbe\x00"...)
	}
	for first := true; ; first = false {
		left := wandbBlock - len(l.file)%wandbBlock
		if left < wandbChunk {
			l.file = append(l.file, make([]byte, left)...)
			left = wandbBlock
		}
		n := min(len(m), left-wandbChunk)
		last := n == len(m)
		l.chunk(first, last, m[:n])
		m = m[n:]
		if last {
			return
		}
	}
}

func (l *wandbLog) chunk(first, last bool, data []byte) {
	kind := byte(3)
	switch {
	case first && last:
		kind = 1
	case first:
		kind = 2
	case last:
		kind = 4
	}
	crc := crc32.Update(crc32.ChecksumIEEE([]byte{kind}), crc32.IEEETable, data)
	l.file = binary.LittleEndian.AppendUint32(l.file, crc)
	l.file = binary.LittleEndian.AppendUint16(l.file, uint16(len(data)))
	l.file = append(append(l.file, kind), data...)
}
