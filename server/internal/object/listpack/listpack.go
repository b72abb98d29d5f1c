package listpack

import (
	"encoding/binary"
	"strconv"
)

const (
	headerLen    = 6
	end          = 0xFF
	countUnknown = 1<<16 - 1

	// EmptyLen is the length of a listpack without entries, in bytes.
	EmptyLen = headerLen + 1
	// SafeLen is the length in bytes that Redis lets no listpack grow over.
	SafeLen = 1 << 30
)

// AppendEmpty appends a listpack without entries to dst.
func AppendEmpty(dst []byte) []byte {
	return append(dst, EmptyLen, 0, 0, 0, 0, 0, end)
}

// Len returns the number of entries. It walks a listpack of 65,535 or more.
func Len(lp []byte) int {
	n := int(binary.LittleEndian.Uint16(lp[4:]))
	if n != countUnknown {
		return n
	}
	n = 0
	for p := First(lp); p != 0; p = Next(lp, p) {
		n++
	}
	return n
}

// First returns the position of the first entry, 0 if there is none.
func First(lp []byte) int {
	if lp[headerLen] == end {
		return 0
	}
	return headerLen
}

// Last returns the position of the last entry, 0 if there is none.
func Last(lp []byte) int { return Prev(lp, len(lp)-1) }

// End returns the position behind the last entry: where Insert appends.
func End(lp []byte) int { return len(lp) - 1 }

// Next returns the position of the entry after the one at p, 0 if that is the last.
func Next(lp []byte, p int) int {
	p += EntryLen(lp, p)
	if lp[p] == end {
		return 0
	}
	return p
}

// Prev returns the position of the entry before the one at p, 0 if that is the first. p may be End.
func Prev(lp []byte, p int) int {
	if p == headerLen {
		return 0
	}
	// The backlen stands before p: its last byte first, the highest bit says that there is another to the left.
	n, shift := 0, 0
	for i := p - 1; ; i-- {
		n |= int(lp[i]&127) << shift
		if lp[i]&128 == 0 {
			break
		}
		shift += 7
	}
	return p - n - backlenSize(n)
}

// Seek returns the position of the entry with the given index, counted from 0 or, when negative, from the end with -1;
// 0 if there is none. It walks from the nearer side.
func Seek(lp []byte, index int) int {
	if n := int(binary.LittleEndian.Uint16(lp[4:])); n != countUnknown {
		switch {
		case index >= n || index < -n:
			return 0
		case index >= 0 && index > n/2:
			index -= n
		case index < 0 && -index > n/2:
			index += n
		}
	}
	if index >= 0 {
		p := First(lp)
		for ; index > 0 && p != 0; index-- {
			p = Next(lp, p)
		}
		return p
	}
	p := Last(lp)
	for ; index < -1 && p != 0; index++ {
		p = Prev(lp, p)
	}
	return p
}

// Value is what an entry holds: a string, which is a view into the listpack, or, when Str is nil, an integer.
type Value struct {
	Str []byte
	Int int64
}

// IsInt says whether the value is stored as an integer.
func (v Value) IsInt() bool { return v.Str == nil }

// Append appends the value as a string.
func (v Value) Append(dst []byte) []byte {
	if v.Str == nil {
		return strconv.AppendInt(dst, v.Int, 10)
	}
	return append(dst, v.Str...)
}

// Bytes returns the value as a string: the view, or the integer formatted into scratch, which should have room for 20
// bytes.
func (v Value) Bytes(scratch []byte) []byte {
	if v.Str == nil {
		return strconv.AppendInt(scratch[:0], v.Int, 10)
	}
	return v.Str
}

// Len returns the length of the value as a string, in bytes.
func (v Value) Len() int {
	if v.Str != nil {
		return len(v.Str)
	}
	n, u := 1, uint64(v.Int)
	if v.Int < 0 {
		n, u = 2, -u
	}
	for ; u >= 10; u /= 10 {
		n++
	}
	return n
}

// Equal says whether the value is the string s.
func (v Value) Equal(s []byte) bool {
	if v.Str != nil {
		return string(v.Str) == string(s)
	}
	if len(s) == 0 || len(s) > 20 || s[0] != '-' && (s[0] < '0' || s[0] > '9') {
		return false
	}
	var buf [20]byte
	return string(strconv.AppendInt(buf[:0], v.Int, 10)) == string(s)
}

// resize gives lp, in which n bytes at p are about to be replaced by m, the new length, moves what follows and writes
// the total. The m bytes at p are undefined.
func resize(lp []byte, p, n, m int) []byte {
	from, to := len(lp), len(lp)-n+m
	if to <= cap(lp) {
		lp = lp[:max(from, to)]
		copy(lp[p+m:to], lp[p+n:from])
		lp = lp[:to]
	} else {
		old := lp
		lp = append(lp, make([]byte, to-from)...) // grows by append's rule, so that one by one is linear
		copy(lp[p+m:], old[p+n:])
	}
	binary.LittleEndian.PutUint32(lp, uint32(to))
	return lp
}

// recount changes the number of entries by delta. An unknown number stays unknown, as in Redis.
func recount(lp []byte, delta int) {
	if n := int(binary.LittleEndian.Uint16(lp[4:])); n != countUnknown {
		binary.LittleEndian.PutUint16(lp[4:], uint16(min(n+delta, countUnknown)))
	}
}
