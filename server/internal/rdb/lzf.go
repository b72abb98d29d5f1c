package rdb

import (
	"math"
	"sync"
)

// LZF, the compression of strings in RDB files: a byte below 32 is followed by that many bytes and one more, to be taken
// as they are; any other is a repetition of 2 and more bytes (its upper three bits; 7: another byte is added) that began
// up to 8 KiB before (its lower five bits and the next byte). Source: the format description of liblzf.

// lzfRatioMax is how many bytes one compressed byte can stand for: three bytes repeat 264.
const lzfRatioMax = 88

// appendLZF appends what b stands for, which must be n bytes.
func appendLZF(dst, b []byte, n int) ([]byte, bool) {
	from := len(dst)
	for len(b) > 0 {
		ctrl := int(b[0])
		b = b[1:]
		if ctrl < 32 {
			if ctrl+1 > len(b) || len(dst)-from+ctrl+1 > n {
				return nil, false
			}
			dst = append(dst, b[:ctrl+1]...)
			b = b[ctrl+1:]
			continue
		}
		size := ctrl >> 5
		if size == 7 {
			if len(b) == 0 {
				return nil, false
			}
			size += int(b[0])
			b = b[1:]
		}
		size += 2
		if len(b) == 0 {
			return nil, false
		}
		at := len(dst) - (ctrl&31<<8 | int(b[0])) - 1
		b = b[1:]
		if at < from || len(dst)-from+size > n {
			return nil, false
		}
		for range size { // byte by byte: a repetition may overlap itself
			dst = append(dst, dst[at])
			at++
		}
	}
	return dst, len(dst)-from == n
}

const (
	lzfMatchMax  = 264
	lzfWindow    = 1 << 13
	lzfHashBits  = 13
	lzfLiteralMx = 32
)

// lzfGainMin is how many bytes compression must save at least, as in Redis.
const lzfGainMin = 4

// compressor compresses one string after the other.
type compressor struct {
	out []byte
	// table says for three bytes' hash behind which position they were seen last, counted over all strings: so what
	// earlier strings left is known by its number and need not be cleared.
	table *[1 << lzfHashBits]uint32
	base  uint32 // before the present string
}

// compress returns the compressed form of b, which is valid until the next call, or false if it does not save enough.
func (c *compressor) compress(b []byte) ([]byte, bool) {
	if c.table == nil || uint64(c.base)+uint64(len(b)) >= math.MaxUint32 {
		if uint64(len(b)) >= math.MaxUint32 {
			return nil, false
		}
		c.table, c.base = new([1 << lzfHashBits]uint32), 0
	}
	table, base := c.table, c.base
	c.base += uint32(len(b))
	dst := c.out[:0]
	lit := 0 // where the bytes begin that are to be taken as they are
	for i := 0; i+2 < len(b); {
		h := (uint32(b[i])<<16 | uint32(b[i+1])<<8 | uint32(b[i+2])) * 2654435761 >> (32 - lzfHashBits)
		last := table[h]
		table[h] = base + uint32(i) + 1
		at := int(last) - int(base) - 1
		back := i - at - 1
		if at < 0 || back >= lzfWindow || b[at] != b[i] || b[at+1] != b[i+1] || b[at+2] != b[i+2] {
			i += 1 + (i-lit)>>lzfHaste
			continue
		}
		n := 3
		for n < lzfMatchMax && i+n < len(b) && b[at+n] == b[i+n] {
			n++
		}
		dst = appendLiteral(dst, b[lit:i])
		if n-2 < 7 {
			dst = append(dst, byte((n-2)<<5|back>>8))
		} else {
			dst = append(dst, byte(7<<5|back>>8), byte(n-2-7))
		}
		dst = append(dst, byte(back))
		i += n
		lit = i
		if len(dst) > len(b)-lzfGainMin {
			c.out = dst
			return nil, false
		}
	}
	dst = appendLiteral(dst, b[lit:])
	if cap(dst) <= lzfKeepMax {
		c.out = dst
	}
	return dst, len(dst) <= len(b)-lzfGainMin
}

// lzfHaste: what has not repeated for 64 bytes is looked at in steps that grow, as it likely never does.
const lzfHaste = 6

// compressors are lent to those who write one value and are done.
var compressors = sync.Pool{New: func() any { return new(compressor) }}

// lzfKeepMax bounds the buffer that is kept between strings, in bytes.
const lzfKeepMax = 1 << 20

// appendLiteral appends bytes that are to be taken as they are.
func appendLiteral(dst, b []byte) []byte {
	for len(b) > 0 {
		n := min(len(b), lzfLiteralMx)
		dst = append(append(dst, byte(n-1)), b[:n]...)
		b = b[n:]
	}
	return dst
}
