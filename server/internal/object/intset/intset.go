// Package intset reads and edits Redis' intset: a set of integers, sorted, in one run of bytes. Small sets of integers
// are intsets, in memory and, byte for byte, in RDB files and DUMP payloads.
//
//	+-----------+-----------+----------------------------------------------+
//	| width     | count     | members, ascending, width bytes each         |
//	| uint32 LE | uint32 LE | signed, little-endian; width is 2, 4 or 8    |
//	+-----------+-----------+----------------------------------------------+
//
// The width is that of the widest member there has been: adding a wider one widens all, removing it narrows none.
//
// An intset is a []byte. Add and Remove work as append does: they edit in place if the slice has the capacity, else they
// return a copy. Nothing else allocates. All functions but Validate take intsets for well-formed.
package intset

import (
	"encoding/binary"
	"errors"
)

const (
	headerLen = 8

	// EmptyLen is the length of an intset without members, in bytes.
	EmptyLen = headerLen
)

// AppendEmpty appends an intset without members to dst.
func AppendEmpty(dst []byte) []byte { return append(dst, 2, 0, 0, 0, 0, 0, 0, 0) }

// Len returns the number of members.
func Len(is []byte) int { return int(binary.LittleEndian.Uint32(is[4:])) }

func width(is []byte) int { return int(is[0]) }

func widthOf(v int64) int {
	switch {
	case int64(int16(v)) == v:
		return 2
	case int64(int32(v)) == v:
		return 4
	default:
		return 8
	}
}

// At returns the member with index i, counted from 0 in ascending order. A random index gives a random member.
func At(is []byte, i int) int64 { return get(is, width(is), i) }

func get(is []byte, w, i int) int64 {
	b := is[headerLen+i*w:]
	switch w {
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	default:
		return int64(binary.LittleEndian.Uint64(b))
	}
}

func put(is []byte, w, i int, v int64) {
	b := is[headerLen+i*w:]
	switch w {
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(v))
	case 4:
		binary.LittleEndian.PutUint32(b, uint32(v))
	default:
		binary.LittleEndian.PutUint64(b, uint64(v))
	}
}

// Find returns the index of v, or the one that it would get, and whether it is a member.
func Find(is []byte, v int64) (i int, ok bool) {
	w, low, high := width(is), 0, Len(is)
	if high == 0 || v > get(is, w, high-1) { // fast path: ascending insertion
		return high, false
	}
	for low < high {
		mid := int(uint(low+high) >> 1)
		if get(is, w, mid) < v {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, get(is, w, low) == v
}

// Has says whether v is a member.
func Has(is []byte, v int64) bool {
	_, ok := Find(is, v)
	return ok
}

// LenWith returns the length in bytes that the intset has once v, not yet a member, is added.
func LenWith(is []byte, v int64) int {
	return headerLen + (Len(is)+1)*max(width(is), widthOf(v))
}

// Add makes v a member and says whether it was none.
func Add(is []byte, v int64) ([]byte, bool) {
	w, n := width(is), Len(is)
	if wide := widthOf(v); wide > w {
		return widen(is, w, wide, v), true
	}
	i, ok := Find(is, v)
	if ok {
		return is, false
	}
	is = grow(is, w)
	at := headerLen + i*w
	copy(is[at+w:], is[at:headerLen+n*w])
	put(is, w, i, v)
	binary.LittleEndian.PutUint32(is[4:], uint32(n+1))
	return is, true
}

// widen gives all members more bytes and adds v, which is below or above all others as it did not fit.
func widen(is []byte, from, to int, v int64) []byte {
	n, shift := Len(is), 0
	if v < 0 {
		shift = 1
	}
	is = grow(is, headerLen+(n+1)*to-len(is))
	for i := n - 1; i >= 0; i-- { // from the end: what is written is wider than what was read
		put(is, to, i+shift, get(is, from, i))
	}
	if v < 0 {
		put(is, to, 0, v)
	} else {
		put(is, to, n, v)
	}
	binary.LittleEndian.PutUint32(is, uint32(to))
	binary.LittleEndian.PutUint32(is[4:], uint32(n+1))
	return is
}

func grow(is []byte, n int) []byte {
	if len(is)+n <= cap(is) {
		return is[:len(is)+n]
	}
	return append(is, make([]byte, n)...)
}

// Remove takes v out and says whether it was a member.
func Remove(is []byte, v int64) ([]byte, bool) {
	i, ok := Find(is, v)
	if !ok {
		return is, false
	}
	return RemoveAt(is, i), true
}

// RemoveAt takes out the member with index i.
func RemoveAt(is []byte, i int) []byte {
	w, n := width(is), Len(is)
	copy(is[headerLen+i*w:], is[headerLen+(i+1)*w:])
	binary.LittleEndian.PutUint32(is[4:], uint32(n-1))
	return is[:len(is)-w]
}

// Errors of Validate.
var (
	ErrHeader = errors.New("intset: header and length disagree")
	ErrOrder  = errors.New("intset: members are not in ascending order")
)

// Validate says whether b is an intset: a known width, a length that follows from width and count, and members that
// ascend. It allocates nothing and accepts any bytes. As in Redis an intset without members is none that a file may hold.
func Validate(b []byte) error {
	if len(b) < headerLen {
		return ErrHeader
	}
	w, n := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	if w != 2 && w != 4 && w != 8 || n == 0 || uint64(len(b)) != headerLen+uint64(w)*uint64(n) {
		return ErrHeader
	}
	for i := 1; i < int(n); i++ {
		if get(b, int(w), i-1) >= get(b, int(w), i) {
			return ErrOrder
		}
	}
	return nil
}
