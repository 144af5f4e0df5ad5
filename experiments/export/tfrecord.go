package export

import (
	"encoding/binary"
	"hash/crc32"
)

// TFRecord is the framing of TensorBoard's event files. The source is
// TensorFlow's documentation, tensorflow.org/tutorials/load_data/tfrecord,
// "TFRecords format details":
//
//	uint64 length                 little-endian, as all of these
//	uint32 masked crc of length
//	byte   data[length]
//	uint32 masked crc of data
//
// The crc is CRC-32C; masked means rotated right by 15 bits plus a constant, so
// that a file within a file does not check.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func maskedCRC(data []byte) uint32 {
	crc := crc32.Checksum(data, castagnoli)
	return (crc>>15 | crc<<17) + 0xa282ead8
}

// appendRecord appends one framed record.
func appendRecord(file, data []byte) []byte {
	at := len(file)
	file = binary.LittleEndian.AppendUint64(file, uint64(len(data)))
	file = binary.LittleEndian.AppendUint32(file, maskedCRC(file[at:]))
	file = append(file, data...)
	return binary.LittleEndian.AppendUint32(file, maskedCRC(data))
}
