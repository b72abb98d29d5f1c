package listpack

import "encoding/binary"

// Find returns the position of the first entry equal to s, from p on; 0 if there is none. After each entry compared,
// skip entries are passed over: 1 to look at the fields of a hash and not at its values. p may be 0 or End.
func Find(lp []byte, p int, s []byte, skip int) int {
	if p == 0 {
		return 0
	}
	v, isInt := integer(s)
	if isInt {
		return findInt(lp, p, s, v, skip)
	}
	// Fast path: s cannot be stored as an integer, so only strings of its length are looked at, and their encoding
	// byte tells it for all but long ones.
	first := byte(0x80 | len(s))
	for lp[p] != end {
		if len(s) < 64 && lp[p] == first {
			if string(lp[p+1:p+1+len(s)]) == string(s) {
				return p
			}
		} else if b := lp[p]; b >= encStr12 && b <= encStr32 {
			if v := Get(lp, p); v.Str != nil && len(v.Str) == len(s) && string(v.Str) == string(s) {
				return p
			}
		}
		for range skip + 1 {
			p += EntryLen(lp, p)
			if lp[p] == end {
				return 0
			}
		}
	}
	return 0
}

// findInt is Find for the text of an integer, which foreign listpacks may hold as a string all the same.
func findInt(lp []byte, p int, s []byte, v int64, skip int) int {
	var want [16]byte
	n := SizeInt(v)
	putInt(want[:n], v)
	for lp[p] != end {
		b := lp[p]
		if b == want[0] && string(lp[p+1:p+n]) == string(want[1:n]) {
			return p
		}
		if b != want[0] && b >= 0x80 {
			if e := Get(lp, p); e.Str == nil && e.Int == v || e.Str != nil && string(e.Str) == string(s) {
				return p
			}
		}
		for range skip + 1 {
			p += EntryLen(lp, p)
			if lp[p] == end {
				return 0
			}
		}
	}
	return 0
}

// FindInt returns the position of the first entry equal to the integer v, from p on; skip is as for Find.
func FindInt(lp []byte, p int, v int64, skip int) int {
	if p == 0 {
		return 0
	}
	var buf [20]byte
	return findInt(lp, p, Value{Int: v}.Bytes(buf[:0]), v, skip)
}

// Bytes returns the total bytes that the header of b tells, for a reader that finds a listpack inside other data; 0 if b
// is too short to hold one.
func Bytes(b []byte) int {
	if len(b) < EmptyLen {
		return 0
	}
	return int(binary.LittleEndian.Uint32(b))
}
