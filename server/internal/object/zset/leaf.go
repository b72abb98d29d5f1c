package zset

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"unsafe"
)

const (
	// leafBytesMax bounds a leaf: large enough that the tree above is small, small enough that offsets fit 16 bits and
	// that moving a leaf's entries costs microseconds.
	leafBytesMax = 4096
	// leafBytesMin is where a leaf looks for a neighbour to join.
	leafBytesMin = leafBytesMax / 4
	// leafBytesJoined bounds what two leaves may come to by joining, so that the next insertion does not split them.
	leafBytesJoined = leafBytesMax * 3 / 4
	// inlineMax is the longest member that lies in its leaf, in bytes: a leaf holds at least seven.
	inlineMax = 512
	// slotBytes is what an entry takes in the tags and offsets of its leaf.
	slotBytes = 3
)

// Length bytes of an entry: a length below lenWide stands for itself, lenWide is followed by two bytes of length,
// lenFar by the four-byte id of a member that lies elsewhere.
const (
	lenWide = 0xfe
	lenFar  = 0xff
)

// leaf holds n entries in order:
//
//	buf:  | tags: m bytes | offsets: m x 2 bytes | entries, in order of insertion, up to end | free |
//	entry: | score: 8 bytes | length: 1, 3 or 5 bytes | member |
type leaf struct {
	buf        []byte // len is the capacity
	m          uint16 // entries that there is room for in tags and offsets
	n          uint16
	end        uint16
	dead       uint16 // bytes of removed entries below end
	next, prev uint32 // neighbours in order; 0: none
}

// leafOverhead is the fixed cost of a leaf, its share of the table.
const leafOverhead = int(unsafe.Sizeof(leaf{}))

func (l *leaf) offset(i int) int {
	return int(binary.LittleEndian.Uint16(l.buf[int(l.m)+2*i:]))
}

func (l *leaf) setOffset(i, off int) {
	binary.LittleEndian.PutUint16(l.buf[int(l.m)+2*i:], uint16(off))
}

func (l *leaf) score(i int) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(l.buf[l.offset(i):]))
}

func (l *leaf) setScore(i int, score float64) {
	binary.LittleEndian.PutUint64(l.buf[l.offset(i):], math.Float64bits(score))
}

// live is the number of bytes that the entries need.
func (l *leaf) live() int { return int(l.n)*slotBytes + int(l.end) - slotBytes*int(l.m) - int(l.dead) }

// rawEntry returns entry i as it lies in the leaf.
func (l *leaf) rawEntry(i int) []byte {
	off := l.offset(i)
	b := l.buf[off:]
	switch c := b[8]; c {
	case lenWide:
		return b[: 11+int(binary.LittleEndian.Uint16(b[9:])) : len(b)]
	case lenFar:
		return b[:13:len(b)]
	default:
		return b[: 9+int(c) : len(b)]
	}
}

// far returns the id of entry i's member if it lies elsewhere, else 0.
func (l *leaf) far(i int) uint32 {
	b := l.buf[l.offset(i):]
	if b[8] != lenFar {
		return 0
	}
	return binary.LittleEndian.Uint32(b[9:])
}

// appendEntry appends an entry; far is the id of a member longer than inlineMax.
func appendEntry(dst []byte, score float64, member []byte, far uint32) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(score))
	switch n := len(member); {
	case n < lenWide:
		dst = append(dst, byte(n))
	case n <= inlineMax:
		dst = append(dst, lenWide)
		dst = binary.LittleEndian.AppendUint16(dst, uint16(n))
	default:
		dst = append(dst, lenFar)
		return binary.LittleEndian.AppendUint32(dst, far)
	}
	return append(dst, member...)
}

// fits says whether an entry of size bytes may be added without a split.
func (l *leaf) fits(size int) bool { return l.live()+slotBytes+size <= leafBytesMax }

// room makes the leaf able to take count more entries of size bytes in all, slots not counted. They fit.
func (l *leaf) room(count, size int) (grown int64) {
	if int(l.n)+count <= int(l.m) && int(l.end)+size <= len(l.buf) {
		return 0
	}
	return l.rebuild(count, size)
}

// rebuild copies the entries into a buffer that has room for count more entries of size bytes in all. One part in eight
// is left free: a leaf is copied once for every few insertions, and little is wasted.
func (l *leaf) rebuild(count, size int) (grown int64) {
	old := *l
	need := l.live() + slotBytes*count + size
	total := min(need+need/8+32, leafBytesMax)
	buf := slices.Grow([]byte(nil), total)
	buf = buf[:min(cap(buf), leafBytesMax)] // the allocator rounds up: use what it gives
	entries := int(l.n) + count
	mean := need / entries
	l.m = uint16(entries + (len(buf)-need)/mean)
	l.buf, l.end, l.dead = buf, slotBytes*l.m, 0
	copy(l.buf, old.buf[:l.n])
	for i := range int(l.n) {
		l.put(i, old.rawEntry(i))
	}
	return int64(len(l.buf) - len(old.buf))
}

// put writes entry i behind the others.
func (l *leaf) put(i int, entry []byte) {
	l.setOffset(i, int(l.end))
	l.end += uint16(copy(l.buf[l.end:], entry))
}

// open makes a gap for entry i in tags and offsets.
func (l *leaf) open(i int, tag byte) {
	n, m := int(l.n), int(l.m)
	copy(l.buf[i+1:n+1], l.buf[i:n])
	copy(l.buf[m+2*i+2:m+2*n+2], l.buf[m+2*i:m+2*n])
	l.buf[i] = tag
	l.n++
}

// cut removes the entries from i up to j.
func (l *leaf) cut(i, j int) (grown int64) {
	n, m := int(l.n), int(l.m)
	for k := i; k < j; k++ {
		l.dead += uint16(len(l.rawEntry(k)))
	}
	copy(l.buf[i:], l.buf[j:n])
	copy(l.buf[m+2*i:], l.buf[m+2*j:m+2*n])
	l.n -= uint16(j - i)
	if live := l.live(); l.n > 0 && live < len(l.buf)/2 && len(l.buf) > 256 {
		return l.rebuild(0, 0)
	}
	return 0
}

// member returns the member of entry i: a view that is valid until the set changes.
func (z *ZSet) member(l *leaf, i int) []byte {
	b := l.buf[l.offset(i):]
	switch c := b[8]; c {
	case lenWide:
		n := 11 + int(binary.LittleEndian.Uint16(b[9:]))
		return b[11:n:n]
	case lenFar:
		return *z.far.at(binary.LittleEndian.Uint32(b[9:]))
	default:
		n := 9 + int(c)
		return b[9:n:n]
	}
}

// findIn returns the position of a member in a leaf, or -1.
func (z *ZSet) findIn(l *leaf, tag byte, member []byte) int {
	tags := l.buf[:l.n]
	for from := 0; ; {
		i := bytes.IndexByte(tags[from:], tag)
		if i < 0 {
			return -1
		}
		if bytes.Equal(z.member(l, from+i), member) {
			return from + i
		}
		from += i + 1
	}
}
