package hashtable

import (
	"encoding/binary"
	"math/bits"
)

const (
	groupBytes = 64 // a cache line
	groupSlots = 20
	groupShift = 5
	segGroups  = 1 << groupShift
	segSlots   = segGroups * groupSlots

	offMeta   = groupSlots     // used in the low 20 bits, spill in the high 12
	offRefs   = groupSlots + 4 // 2 bytes each
	usedMask  = 1<<groupSlots - 1
	spillUnit = 1 << groupSlots

	refShift  = 9 // bits of a reference that are the offset in a chunk
	chunksMax = 1 << (16 - refShift)
)

// Compile-time pins of the layout.
const (
	_ = uint(groupBytes - offRefs - 2*groupSlots)
	_ = uint(chunkBytes - segGroups*groupBytes)
	_ = uint(unitBytes<<refShift - chunkBytes)
	// A full segment's records fit even if chunks end in a gap of an eighth and a quarter of the bytes is dead.
	_ = uint(chunksMax*chunkBytes*7/8*3/4 - segSlots*recordMax)
)

// segment holds the entries whose hashes begin with prefix.
type segment struct {
	chunks []chunkID // of records, in the order of the references
	prefix uint64    // the top depth bits of the hashes
	index  chunkID
	next   uint32 // index + 1 of the segment that takes what this one cannot; see insert
	dead   uint32 // bytes in records of no entry
	tail   uint16 // bytes used in the last chunk
	count  uint16
	depth  uint8
}

// home returns the group in which the search for a hash begins.
func (s *segment) home(h uint64) int { return int(h << s.depth >> (64 - groupShift)) }

// find returns the slot of a key in a segment, or -1.
func (t *Table) find(s *segment, h uint64, key []byte) int {
	idx := t.pool.bytes(s.index)
	g := s.home(h)
	for range segGroups {
		grp := idx[g*groupBytes : (g+1)*groupBytes]
		meta := binary.LittleEndian.Uint32(grp[offMeta:])
		for m := matchTags(grp, byte(h)) & meta & usedMask; m != 0; m &= m - 1 {
			k := bits.TrailingZeros32(m)
			if t.keyIs(t.record(s, binary.LittleEndian.Uint16(grp[offRefs+2*k:])), key) {
				return g*groupSlots + k
			}
		}
		if meta < spillUnit {
			return -1
		}
		g = (g + 1) & (segGroups - 1)
	}
	return -1
}

// matchTags returns a bit for each of a group's tags that equals tag.
func matchTags(grp []byte, tag byte) uint32 {
	want := uint64(tag) * 0x0101010101010101
	a := zeroBytes(binary.LittleEndian.Uint64(grp) ^ want)
	b := zeroBytes(binary.LittleEndian.Uint64(grp[8:]) ^ want)
	c := zeroBytes(uint64(binary.LittleEndian.Uint32(grp[16:])) ^ want)
	return a | b<<8 | c<<16
}

// zeroBytes returns a bit for each byte of x that is zero.
func zeroBytes(x uint64) uint32 {
	const low7 = 0x7f7f7f7f7f7f7f7f
	x = ^((x&low7 + low7) | x | low7)                  // 0x80 where the byte was zero
	return uint32((x >> 7) * 0x0102040810204080 >> 56) // byte i to bit i
}

// record returns the memory from a reference on.
func (t *Table) record(s *segment, ref uint16) []byte {
	return t.pool.bytes(s.chunks[ref>>refShift])[int(ref&(1<<refShift-1))*unitBytes:]
}

func (t *Table) occupied(s *segment, slot int) bool {
	g, k := slot/groupSlots, slot%groupSlots
	return binary.LittleEndian.Uint32(t.pool.bytes(s.index)[g*groupBytes+offMeta:])>>k&1 != 0
}

// recordAt returns the record of an occupied slot.
func (t *Table) recordAt(s *segment, slot int) []byte {
	g, k := slot/groupSlots, slot%groupSlots
	return t.record(s, binary.LittleEndian.Uint16(t.pool.bytes(s.index)[g*groupBytes+offRefs+2*k:]))
}

// addSlot enters a record into the index of a segment that has a free slot.
func (t *Table) addSlot(s *segment, h uint64, ref uint16) {
	idx := t.pool.bytes(s.index)
	for g := s.home(h); ; g = (g + 1) & (segGroups - 1) {
		grp := idx[g*groupBytes : (g+1)*groupBytes]
		meta := binary.LittleEndian.Uint32(grp[offMeta:])
		if meta&usedMask == usedMask {
			binary.LittleEndian.PutUint32(grp[offMeta:], meta+spillUnit)
			continue
		}
		k := bits.TrailingZeros32(^meta)
		grp[k] = byte(h)
		binary.LittleEndian.PutUint16(grp[offRefs+2*k:], ref)
		binary.LittleEndian.PutUint32(grp[offMeta:], meta|1<<k)
		s.count++
		return
	}
}

// removeAt takes an entry out of segment i.
func (t *Table) removeAt(i uint32, h uint64, slot int) {
	s := t.seg(i)
	r := t.decode(t.recordAt(s, slot))
	s.dead += uint32(roundUnit(r.size))
	t.dropBlobs(&r)
	idx := t.pool.bytes(s.index)
	g := s.home(h)
	for ; g != slot/groupSlots; g = (g + 1) & (segGroups - 1) {
		meta := idx[g*groupBytes+offMeta:]
		binary.LittleEndian.PutUint32(meta, binary.LittleEndian.Uint32(meta)-spillUnit)
	}
	meta := idx[g*groupBytes+offMeta:]
	binary.LittleEndian.PutUint32(meta, binary.LittleEndian.Uint32(meta)&^(1<<(slot%groupSlots)))
	s.count--
	t.count--
	if s.count == 0 {
		t.releaseRecords(s)
	}
}

// releaseRecords gives all record chunks of a segment back.
func (t *Table) releaseRecords(s *segment) {
	for _, id := range s.chunks {
		t.pool.release(id)
	}
	t.data -= int64(cap(s.chunks)) * 4
	s.chunks, s.tail, s.dead = nil, 0, 0
}

// room returns memory for a record of n bytes in segment i, and its reference. It may write the segment anew.
func (t *Table) room(i uint32, n int) ([]byte, uint16) {
	s := t.seg(i)
	if len(s.chunks) == 0 || int(s.tail)+n > chunkBytes {
		held := len(s.chunks) * chunkBytes
		if int(s.dead) >= max(chunkBytes, held/4) || len(s.chunks) == chunksMax {
			t.rewrite(i)
		}
		if len(s.chunks) == 0 || int(s.tail)+n > chunkBytes {
			t.addChunk(i, s)
		}
	}
	c, at := len(s.chunks)-1, int(s.tail)
	s.tail += uint16(n)
	return t.pool.bytes(s.chunks[c])[at : at+n], uint16(c<<refShift | at/unitBytes)
}

func (t *Table) addChunk(i uint32, s *segment) {
	if len(s.chunks) == cap(s.chunks) {
		t.data -= int64(cap(s.chunks)) * 4
		grown := make([]chunkID, len(s.chunks), len(s.chunks)+max(2, len(s.chunks)/4))
		copy(grown, s.chunks)
		s.chunks = grown
		t.data += int64(cap(s.chunks)) * 4
	}
	s.chunks = append(s.chunks, t.pool.alloc(i))
	s.tail = 0
}

// rewrite copies the live records of segment i into new chunks. The index stays, but for its references.
func (t *Table) rewrite(i uint32) {
	s := t.seg(i)
	old := *s
	s.chunks, s.tail, s.dead = nil, 0, 0
	idx := t.pool.bytes(s.index)
	for g := range segGroups {
		grp := idx[g*groupBytes : (g+1)*groupBytes]
		for m := binary.LittleEndian.Uint32(grp[offMeta:]) & usedMask; m != 0; m &= m - 1 {
			ref := grp[offRefs+2*bits.TrailingZeros32(m):]
			b := t.record(&old, binary.LittleEndian.Uint16(ref))
			n := roundUnit(t.decode(b).size)
			dst, to := t.room(i, n)
			copy(dst, b[:n])
			binary.LittleEndian.PutUint16(ref, to)
		}
	}
	t.releaseRecords(&old)
}
