package rdb

import (
	"encoding/binary"
	"errors"

	"redline/server/internal/keyspace"
)

// A DUMP payload is a value in a frame:
//
//	+------+-------+-----------+------------------------------------+
//	| type | value | version   | CRC64 of all that is before it     |
//	| 1 B  |       | uint16 LE | uint64 LE                          |
//	+------+-------+-----------+------------------------------------+

const footer = 10

// ErrPayload is returned for a payload of an unknown version or with a wrong checksum.
var ErrPayload = errors.New("rdb: payload version or checksum are wrong")

// AppendPayload appends the DUMP payload of a key.
func AppendPayload(dst []byte, db *keyspace.DB, k *keyspace.Key, it keyspace.Item, compress bool) []byte {
	from := len(dst)
	w := Writer{Buf: dst, Compress: compress}
	w.Value(db, k, it)
	w.Release()
	version := uint16(Version)
	if w.Buf[from] == typeHashTimed {
		version = VersionTimed
	}
	w.Buf = binary.LittleEndian.AppendUint16(w.Buf, version)
	return binary.LittleEndian.AppendUint64(w.Buf, CRC(0, w.Buf[from:]))
}

// OpenPayload checks the frame of a payload and reads its value, for a key.
func OpenPayload(b []byte, k *keyspace.Key, limits Limits) (*Value, error) {
	if len(b) < footer {
		return nil, ErrPayload
	}
	end := len(b) - 8
	if binary.LittleEndian.Uint16(b[end-2:]) > VersionMax || binary.LittleEndian.Uint64(b[end:]) != CRC(0, b[:end]) {
		return nil, ErrPayload
	}
	if end-2 < 1 {
		return nil, ErrCorrupt
	}
	r := NewReader(b[1 : end-2])
	v, err := Load(r, b[0], k, limits)
	if err == nil && !r.done() {
		err = errRest(r)
	}
	return v, err
}
