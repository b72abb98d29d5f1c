package hashtable

import (
	"encoding/binary"
	"math/bits"
)

// cursorShift: a cursor is the top 48 bits of a hash, which every group boundary fits, so that clients that take
// cursors for signed numbers are safe.
const cursorShift = 16

// Scan passes the entries of one step, some 20 at most but for overflow chains, to fn, and returns the cursor for the
// next step. A scan begins with cursor 0 and ends when 0 is returned; then every entry that existed throughout was
// passed exactly once, whatever was added or deleted meanwhile. fn must not change the table. Any cursor is accepted.
//
// A cursor is a position in the space of hashes, and a step passes the entries with hashes from there to the end of a
// group's range. Splits and merges change where ranges end and not what lies before the cursor.
func (t *Table) Scan(cursor uint64, fn func(key, val []byte)) (next uint64) {
	from := cursor << cursorShift
	i := t.segOf(from)
	s := t.seg(i)
	shift := 64 - groupShift - s.depth
	first := from >> shift << shift
	last := first + (1<<shift - 1)
	for {
		t.scanGroup(t.seg(i), from, last, from == first, fn)
		n := t.seg(i).next
		if n == 0 {
			break
		}
		i = n - 1
	}
	return (last + 1) >> cursorShift // wraps to 0 behind the last group
}

// scanGroup passes a segment's entries with hashes from..last, which belong to one group. whole says that these are all
// of the group's, so that those in it need no look at their hashes unless others have spilled into it.
func (t *Table) scanGroup(s *segment, from, last uint64, whole bool, fn func(key, val []byte)) {
	idx := t.pool.bytes(s.index)
	g := s.home(from)
	before := idx[(g+segGroups-1)&(segGroups-1)*groupBytes:]
	check := !whole || binary.LittleEndian.Uint32(before[offMeta:]) >= spillUnit
	for range segGroups {
		grp := idx[g*groupBytes : (g+1)*groupBytes]
		meta := binary.LittleEndian.Uint32(grp[offMeta:])
		for m := meta & usedMask; m != 0; m &= m - 1 {
			r := t.decode(t.record(s, binary.LittleEndian.Uint16(grp[offRefs+2*bits.TrailingZeros32(m):])))
			if check {
				if h := t.hash(r.key); h < from || h > last {
					continue
				}
			}
			fn(r.key, r.val)
		}
		if meta < spillUnit {
			return
		}
		check = true
		g = (g + 1) & (segGroups - 1)
	}
}
