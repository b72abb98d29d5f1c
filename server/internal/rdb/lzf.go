package rdb

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

// compressLZF appends the compressed form of b, or returns false if it does not save enough.
func compressLZF(dst, b []byte) ([]byte, bool) {
	from := len(dst)
	var table [1 << lzfHashBits]int32 // position after the last occurrence of three bytes with a hash; 0: none
	lit := 0                          // where the bytes begin that are to be taken as they are
	flush := func(to int) {
		for lit < to {
			n := min(to-lit, lzfLiteralMx)
			dst = append(dst, byte(n-1))
			dst = append(dst, b[lit:lit+n]...)
			lit += n
		}
	}
	for i := 0; i+2 < len(b); {
		h := (uint32(b[i])<<16 | uint32(b[i+1])<<8 | uint32(b[i+2])) * 2654435761 >> (32 - lzfHashBits)
		at := int(table[h]) - 1
		table[h] = int32(i + 1)
		back := i - at - 1
		if at < 0 || back >= lzfWindow || b[at] != b[i] || b[at+1] != b[i+1] || b[at+2] != b[i+2] {
			i++
			continue
		}
		n := 3
		for n < lzfMatchMax && i+n < len(b) && b[at+n] == b[i+n] {
			n++
		}
		flush(i)
		if n-2 < 7 {
			dst = append(dst, byte((n-2)<<5|back>>8))
		} else {
			dst = append(dst, byte(7<<5|back>>8), byte(n-2-7))
		}
		dst = append(dst, byte(back))
		i += n
		lit = i
		if len(dst)-from > len(b)-lzfGainMin {
			return dst[:from], false
		}
	}
	flush(len(b))
	if len(dst)-from > len(b)-lzfGainMin {
		return dst[:from], false
	}
	return dst, true
}
