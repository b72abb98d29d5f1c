package listpack

import "encoding/binary"

// Packed entries are those of a listpack without what only changes and walking backwards need: no header, no length behind
// each entry, no end. Get takes their positions, which start at 0; whoever keeps them counts them.

// PackedLen returns the length of lp's entries when packed.
func PackedLen(lp []byte) (size int) {
	for p, last := headerLen, End(lp); p < last; {
		n := bodyLen(lp, p)
		size += n
		p += n + backlenSize(n)
	}
	return size
}

// Pack appends lp's entries, packed, to dst.
func Pack(dst, lp []byte) []byte {
	for p, last := headerLen, End(lp); p < last; {
		n := bodyLen(lp, p)
		dst = append(dst, lp[p:p+n]...)
		p += n + backlenSize(n)
	}
	return dst
}

// UnpackedLen returns the length of the listpack of packed entries.
func UnpackedLen(packed []byte) int {
	size := EmptyLen
	for p := 0; p < len(packed); {
		n := bodyLen(packed, p)
		size += n + backlenSize(n)
		p += n
	}
	return size
}

// Unpack appends the listpack of packed entries to dst.
func Unpack(dst, packed []byte) []byte {
	start, count := len(dst), 0
	dst = AppendEmpty(dst)
	dst = dst[:len(dst)-1] // the end comes last
	var back [5]byte
	for p := 0; p < len(packed); count++ {
		n := bodyLen(packed, p)
		dst = append(dst, packed[p:p+n]...)
		size := backlenSize(n)
		putBacklen(back[:size], n)
		dst = append(dst, back[:size]...)
		p += n
	}
	dst = append(dst, end)
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start))
	binary.LittleEndian.PutUint16(dst[start+4:], uint16(min(count, countUnknown)))
	return dst
}

// PackedNext returns the position after the packed entry at p: the length of packed after the last.
func PackedNext(packed []byte, p int) int {
	if n := shortLen[packed[p]]; n != 0 { // fast path, inlined
		return p + int(n) - 1
	}
	return p + bodyLen(packed, p)
}
