package rdb

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"

	"redline/resp"
)

// ErrCorrupt is returned for bytes that are no value. What is wrong in particular is wrapped around it.
var ErrCorrupt = errors.New("rdb: corrupt value")

// Reader reads the primitives of the format from memory.
type Reader struct {
	b  []byte
	at int
}

// NewReader reads from b.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// left returns how many bytes there are.
func (r *Reader) left() int { return len(r.b) - r.at }

// done says whether nothing is left to read.
func (r *Reader) done() bool { return r.left() == 0 }

// Byte reads one byte.
func (r *Reader) Byte() (byte, error) {
	if r.done() {
		return 0, ErrCorrupt
	}
	r.at++
	return r.b[r.at-1], nil
}

// Bytes reads n bytes into memory of their own.
func (r *Reader) Bytes(n uint64) ([]byte, error) {
	b, err := r.bytes(n)
	return append(make([]byte, 0, len(b)), b...), err
}

// bytes reads n bytes as a view.
func (r *Reader) bytes(n uint64) ([]byte, error) {
	if n > uint64(r.left()) {
		return nil, ErrCorrupt
	}
	r.at += int(n)
	return r.b[r.at-int(n) : r.at : r.at], nil
}

func (r *Reader) fixed(n int) (b [8]byte, err error) {
	v, err := r.bytes(uint64(n))
	copy(b[:], v)
	return b, err
}

// Uint64 reads eight bytes.
func (r *Reader) Uint64() (uint64, error) {
	b, err := r.fixed(8)
	return binary.LittleEndian.Uint64(b[:]), err
}

// length reads a length, or the first byte of a special encoding.
func (r *Reader) length() (n uint64, special byte, err error) {
	first, err := r.Byte()
	if err != nil {
		return 0, 0, err
	}
	switch {
	case first>>6 == 0:
		return uint64(first), 0, nil
	case first>>6 == 1:
		low, err := r.Byte()
		return uint64(first&63)<<8 | uint64(low), 0, err
	case first == 0x80:
		b, err := r.fixed(4)
		return uint64(binary.BigEndian.Uint32(b[:])), 0, err
	case first == 0x81:
		b, err := r.fixed(8)
		return binary.BigEndian.Uint64(b[:]), 0, err
	case first >= encInt8 && first <= encLZF:
		return 0, first, nil
	}
	return 0, 0, ErrCorrupt
}

// Length reads a length.
func (r *Reader) Length() (uint64, error) {
	n, special, err := r.length()
	if err == nil && special != 0 {
		err = ErrCorrupt
	}
	return n, err
}

// Count reads the number of elements that follow, each of at least size bytes. It cannot be more than there are bytes.
func (r *Reader) Count(size int64) (int, error) {
	n, err := r.Length()
	if err == nil && (n > math.MaxInt32*uint64(64) || int64(n) > int64(r.left())/size) {
		err = ErrCorrupt
	}
	return int(n), err
}

// String reads a string into memory of its own.
func (r *Reader) String() ([]byte, error) {
	from := r.at
	b, err := r.view()
	if err == nil && r.b[from] < encInt8 {
		b = append(make([]byte, 0, len(b)), b...)
	}
	return b, err
}

// view reads a string, which may be a view of the source.
func (r *Reader) view() ([]byte, error) {
	n, special, err := r.length()
	if err != nil {
		return nil, err
	}
	switch special {
	case 0:
		return r.bytes(n)
	case encLZF:
		return r.compressed()
	}
	size := 1 << (special - encInt8)
	b, err := r.fixed(size)
	if err != nil {
		return nil, err
	}
	v := int64(binary.LittleEndian.Uint64(b[:]))
	shift := 64 - 8*size
	return strconv.AppendInt(nil, v<<shift>>shift, 10), nil
}

func (r *Reader) compressed() ([]byte, error) {
	packed, err := r.Length()
	if err != nil {
		return nil, err
	}
	n, err := r.Length()
	if err != nil {
		return nil, err
	}
	b, err := r.bytes(packed)
	if err != nil {
		return nil, err
	}
	if packed == 0 || n > packed*lzfRatioMax+lzfMatchMax {
		return nil, ErrCorrupt
	}
	out, ok := appendLZF(make([]byte, 0, n), b, int(n))
	if !ok {
		return nil, ErrCorrupt
	}
	return out, nil
}

// double reads a score in eight bytes.
func (r *Reader) double() (float64, error) {
	n, err := r.Uint64()
	return math.Float64frombits(n), err
}

// textDouble reads a score as old versions wrote it: a length byte and text, or 253 to 255 for NaN and infinities.
func (r *Reader) textDouble() (float64, error) {
	n, err := r.Byte()
	if err != nil {
		return 0, err
	}
	switch n {
	case 253:
		return math.NaN(), nil
	case 254:
		return math.Inf(1), nil
	case 255:
		return math.Inf(-1), nil
	}
	b, err := r.bytes(uint64(n))
	if err != nil {
		return 0, err
	}
	f, ok := resp.ParseFloat(b)
	if !ok {
		return 0, ErrCorrupt
	}
	return f, nil
}
