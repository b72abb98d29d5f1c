package rdb

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"

	"redline/resp"
)

// ErrCorrupt is returned for bytes that are no value. What is wrong in particular is wrapped around it.
var ErrCorrupt = errors.New("rdb: corrupt value")

// readStep bounds how much memory is taken before the bytes for it have been read.
const readStep = 1 << 20

// Reader reads the primitives of the format.
type Reader struct {
	src  *bufio.Reader
	left int64 // bytes that there may be at most
}

// NewReader reads from src, of which at most limit bytes belong to the values: it is what bounds memory.
func NewReader(src io.Reader, limit int64) *Reader {
	return &Reader{src: bufio.NewReaderSize(src, 64<<10), left: limit}
}

// newPayloadReader reads from bytes in memory.
func newPayloadReader(b []byte) *Reader {
	return &Reader{src: bufio.NewReaderSize(bytes.NewReader(b), 512), left: int64(len(b))}
}

// done says whether nothing is left to read.
func (r *Reader) done() bool { return r.left == 0 }

// Byte reads one byte.
func (r *Reader) Byte() (byte, error) {
	if r.left < 1 {
		return 0, ErrCorrupt
	}
	b, err := r.src.ReadByte()
	if err != nil {
		return 0, short(err)
	}
	r.left--
	return b, nil
}

// Bytes reads n bytes into memory of their own.
func (r *Reader) Bytes(n uint64) ([]byte, error) {
	if n > uint64(r.left) {
		return nil, ErrCorrupt
	}
	b := make([]byte, min(n, readStep))
	for have := uint64(0); ; {
		if _, err := io.ReadFull(r.src, b[have:]); err != nil {
			return nil, short(err)
		}
		if have = uint64(len(b)); have == n {
			r.left -= int64(n)
			return b, nil
		}
		b = append(b, make([]byte, min(n-have, have))...)
	}
}

// short turns the end of the input, where there should be more, into ErrCorrupt.
func short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrCorrupt
	}
	return err
}

func (r *Reader) fixed(n int) (b [8]byte, err error) {
	for i := range n {
		if b[i], err = r.Byte(); err != nil {
			return b, err
		}
	}
	return b, nil
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
	if err == nil && (n > math.MaxInt32*uint64(64) || int64(n) > r.left/size) {
		err = ErrCorrupt
	}
	return int(n), err
}

// String reads a string into memory of its own.
func (r *Reader) String() ([]byte, error) {
	n, special, err := r.length()
	if err != nil {
		return nil, err
	}
	switch special {
	case 0:
		return r.Bytes(n)
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
	b, err := r.Bytes(packed)
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
	b, err := r.Bytes(uint64(n))
	if err != nil {
		return 0, err
	}
	f, ok := resp.ParseFloat(b)
	if !ok {
		return 0, ErrCorrupt
	}
	return f, nil
}
