package listpack

import (
	"encoding/binary"

	"redline/resp"
)

const (
	encInt13 = 0xC0
	encStr12 = 0xE0
	encStr32 = 0xF0
	encInt16 = 0xF1
	encInt24 = 0xF2
	encInt32 = 0xF3
	encInt64 = 0xF4
)

// backlenSize returns how many bytes the backlen of an entry of n bytes takes. The limits are Redis' own: one less than
// would fit from the second on.
func backlenSize(n int) int {
	switch {
	case n <= 127:
		return 1
	case n < 16383:
		return 2
	case n < 2097151:
		return 3
	case n < 268435455:
		return 4
	default:
		return 5
	}
}

// putBacklen writes the backlen of an entry of n bytes into b, which has the right size.
func putBacklen(b []byte, n int) {
	for i := len(b) - 1; i > 0; i-- {
		b[i] = byte(n&127) | 128
		n >>= 7
	}
	b[0] = byte(n)
}

// bodyLen returns the length of the entry at p without its backlen.
func bodyLen(lp []byte, p int) int {
	b := lp[p]
	switch {
	case b < 0x80:
		return 1
	case b < encInt13:
		return 1 + int(b&0x3F)
	case b < encStr12:
		return 2
	case b < encStr32:
		return 2 + (int(b&0x0F)<<8 | int(lp[p+1]))
	}
	switch b {
	case encStr32:
		return 5 + int(binary.LittleEndian.Uint32(lp[p+1:]))
	case encInt16:
		return 3
	case encInt24:
		return 4
	case encInt32:
		return 5
	default:
		return 9
	}
}

// EntryLen returns how many bytes the entry at p takes.
func EntryLen(lp []byte, p int) int {
	if n := shortLen[lp[p]]; n != 0 { // fast path, inlined
		return int(n)
	}
	return longEntryLen(lp, p)
}

// shortLen gives the length of an entry by its encoding byte, 0 where that does not tell it.
var shortLen = func() (n [256]uint8) {
	for b := range n {
		switch {
		case b < 0x80:
			n[b] = 2
		case b < encInt13:
			n[b] = uint8(b&0x3F) + 2
		case b < encStr12:
			n[b] = 3
		}
	}
	n[encInt16], n[encInt24], n[encInt32], n[encInt64] = 4, 5, 6, 10
	return n
}()

func longEntryLen(lp []byte, p int) int {
	n := bodyLen(lp, p)
	return n + backlenSize(n)
}

// Get returns the value of the entry at p.
func Get(lp []byte, p int) Value {
	b := lp[p]
	switch {
	case b < 0x80:
		return Value{Int: int64(b)}
	case b < encInt13:
		e := p + 1 + int(b&0x3F)
		return Value{Str: lp[p+1 : e : e]}
	case b < encStr12:
		u := uint16(b&0x1F)<<8 | uint16(lp[p+1])
		return Value{Int: int64(int16(u<<3) >> 3)}
	case b < encStr32:
		e := p + 2 + (int(b&0x0F)<<8 | int(lp[p+1]))
		return Value{Str: lp[p+2 : e : e]}
	}
	switch b {
	case encStr32:
		e := p + 5 + int(binary.LittleEndian.Uint32(lp[p+1:]))
		return Value{Str: lp[p+5 : e : e]}
	case encInt16:
		return Value{Int: int64(int16(binary.LittleEndian.Uint16(lp[p+1:])))}
	case encInt24:
		u := uint32(lp[p+1]) | uint32(lp[p+2])<<8 | uint32(lp[p+3])<<16
		return Value{Int: int64(int32(u<<8) >> 8)}
	case encInt32:
		return Value{Int: int64(int32(binary.LittleEndian.Uint32(lp[p+1:])))}
	default:
		return Value{Int: int64(binary.LittleEndian.Uint64(lp[p+1:]))}
	}
}

// intBody returns the length of an integer's entry without its backlen.
func intBody(v int64) int {
	switch {
	case v >= 0 && v <= 127:
		return 1
	case v >= -4096 && v <= 4095:
		return 2
	case v >= -1<<15 && v < 1<<15:
		return 3
	case v >= -1<<23 && v < 1<<23:
		return 4
	case v >= -1<<31 && v < 1<<31:
		return 5
	default:
		return 9
	}
}

func strBody(n int) int {
	switch {
	case n < 64:
		return 1 + n
	case n < 4096:
		return 2 + n
	default:
		return 5 + n
	}
}

// Size returns how many bytes s takes as an entry: what Append, Prepend and Insert add.
func Size(s []byte) int {
	if v, ok := integer(s); ok {
		return SizeInt(v)
	}
	n := strBody(len(s))
	return n + backlenSize(n)
}

// SizeInt is Size for an integer.
func SizeInt(v int64) int { return intBody(v) + 1 }

// integer returns the integer that s is stored as, if it is the text of one.
func integer(s []byte) (int64, bool) {
	if len(s) == 0 || len(s) > 20 || s[0] > '9' { // fast path: most strings begin with a letter
		return 0, false
	}
	return resp.ParseInt(s)
}

// putInt writes an integer's entry into b, which has its size.
func putInt(b []byte, v int64) {
	switch n := intBody(v); n {
	case 1:
		b[0] = byte(v)
	case 2:
		b[0], b[1] = encInt13|byte(v>>8)&0x1F, byte(v)
	case 3:
		b[0] = encInt16
		binary.LittleEndian.PutUint16(b[1:], uint16(v))
	case 4:
		b[0], b[1], b[2], b[3] = encInt24, byte(v), byte(v>>8), byte(v>>16)
	case 5:
		b[0] = encInt32
		binary.LittleEndian.PutUint32(b[1:], uint32(v))
	default:
		b[0] = encInt64
		binary.LittleEndian.PutUint64(b[1:], uint64(v))
	}
	b[len(b)-1] = byte(len(b) - 1)
}

// putString writes a string's entry into b, which has its size.
func putString(b, s []byte) {
	n := strBody(len(s))
	switch {
	case len(s) < 64:
		b[0] = 0x80 | byte(len(s))
	case len(s) < 4096:
		b[0], b[1] = encStr12|byte(len(s)>>8), byte(len(s))
	default:
		b[0] = encStr32
		binary.LittleEndian.PutUint32(b[1:], uint32(len(s)))
	}
	copy(b[n-len(s):], s)
	putBacklen(b[n:], n)
}
