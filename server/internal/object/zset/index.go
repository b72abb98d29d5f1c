package zset

import "unsafe"

// slot is an entry of the index: the upper 36 bits of a member's hash below the 28 bits of its leaf's id. 0 is empty, as
// ids start with 1.
type slot uint64

const (
	hashBits = 36
	hashMask = 1<<hashBits - 1

	// segMin and segMax are the fewest and the most slots of a segment: a set just above the limits of the small
	// encoding gets by with one of 2 KiB, and a split moves at most 7/8 of 1024 slots.
	segMinLog, segMaxLog = 8, 10
)

func slotOf(hash uint64, leaf uint32) slot { return slot(leaf)<<hashBits | slot(hash>>(64-hashBits)) }

func (s slot) hash() uint64 { return uint64(s) & hashMask }
func (s slot) leaf() uint32 { return uint32(s >> hashBits) }

// tag returns the byte that stands for the member in its leaf: the lowest bits of the hash that the slot has, as the
// highest choose the segment and the home.
func (s slot) tag() byte { return byte(s) }

func tagOf(hash uint64) byte { return byte(hash >> (64 - hashBits)) }

// index is an extendible hash table of slots. The upper depth bits of a hash choose a segment through dir; a segment
// that is shared by several places of dir has a smaller depth of its own.
type index struct {
	dir   []*segment
	depth uint
	at    [hashBits + 1]int // segments by depth: when none has the greatest, dir halves
}

// segment is an open-addressed table with linear probing. The home of a slot are the bits of its hash below those that
// chose the segment, so slots lie nearly in the order of their hashes.
type segment struct {
	slots []slot
	depth uint
	live  int
}

const segmentBytes = int64(unsafe.Sizeof(segment{})) + 8

func newSegment(depth uint, log uint) *segment {
	return &segment{slots: make([]slot, 1<<log), depth: depth}
}

func (s *segment) bytes() int64 { return segmentBytes + 8*int64(len(s.slots)) }

// home returns where the probing for a hash begins.
func (s *segment) home(hash uint64) int {
	return int(hash << (64 - hashBits + s.depth) >> 32 * uint64(len(s.slots)) >> 32)
}

// segmentOf returns the segment of a hash of 36 bits.
func (x *index) segmentOf(hash uint64) *segment { return x.dir[hash>>(hashBits-x.depth)] }

// add adds a slot.
func (x *index) add(v slot) (grown int64) {
	if len(x.dir) == 0 {
		s := newSegment(0, segMinLog)
		x.dir = []*segment{s}
		x.at[0] = 1
		grown = s.bytes()
	}
	for {
		s := x.segmentOf(v.hash())
		if s.live < len(s.slots)/8*7 {
			s.insert(v)
			return grown
		}
		if len(s.slots) < 1<<segMaxLog || s.depth == hashBits-segMaxLog {
			grown += s.resize(2 * len(s.slots))
		} else {
			grown += x.split(s, v.hash())
		}
	}
}

func (s *segment) insert(v slot) {
	i := s.home(v.hash())
	for s.slots[i] != 0 {
		i = (i + 1) & (len(s.slots) - 1)
	}
	s.slots[i] = v
	s.live++
}

// resize changes the number of slots.
func (s *segment) resize(n int) (grown int64) {
	old := s.slots
	s.slots, s.live = make([]slot, n), 0
	for _, v := range old {
		if v != 0 {
			s.insert(v)
		}
	}
	return 8 * int64(n-len(old))
}

// split divides a segment in two by the next bit of the hash.
func (x *index) split(s *segment, hash uint64) (grown int64) {
	if s.depth == x.depth {
		dir := make([]*segment, 2*len(x.dir))
		for i, seg := range x.dir {
			dir[2*i], dir[2*i+1] = seg, seg
		}
		grown = 8 * int64(len(x.dir))
		x.dir, x.depth = dir, x.depth+1
	}
	depth := s.depth + 1
	left, right := newSegment(depth, segMaxLog), newSegment(depth, segMaxLog)
	for _, v := range s.slots {
		if v == 0 {
			continue
		}
		if v.hash()>>(hashBits-depth)&1 == 0 {
			left.insert(v)
		} else {
			right.insert(v)
		}
	}
	x.at[s.depth]--
	x.at[depth] += 2
	x.set(hash>>(hashBits-s.depth)<<1, left)
	x.set(hash>>(hashBits-s.depth)<<1|1, right)
	return grown + left.bytes() + right.bytes() - s.bytes()
}

// set puts a segment at all places of dir that begin with its depth's bits of prefix.
func (x *index) set(prefix uint64, s *segment) {
	span := uint64(1) << (x.depth - s.depth)
	for i := range span {
		x.dir[prefix*span+i] = s
	}
}

// find returns where a slot is.
func (x *index) find(v slot) (*segment, int) {
	s := x.segmentOf(v.hash())
	i := s.home(v.hash())
	for s.slots[i] != v {
		if s.slots[i] == 0 {
			panic("zset: an entry is not in the index")
		}
		i = (i + 1) & (len(s.slots) - 1)
	}
	return s, i
}

// twin says whether a slot equal to that at i stands before it on its way from home: of two members of one leaf whose
// hashes have the same upper bits, the slots cannot be told apart.
func (s *segment) twin(i int) bool {
	v := s.slots[i]
	for k := s.home(v.hash()); k != i; k = (k + 1) & (len(s.slots) - 1) {
		if s.slots[k] == v {
			return true
		}
	}
	return false
}

// change replaces a slot by another of the same hash.
func (x *index) change(v, to slot) {
	s, i := x.find(v)
	s.slots[i] = to
}

// remove takes a slot out. Those behind it that would no longer be found move up.
func (x *index) remove(v slot) (grown int64) {
	s, gap := x.find(v)
	mask := len(s.slots) - 1
	for i := gap; ; {
		i = (i + 1) & mask
		w := s.slots[i]
		if w == 0 {
			break
		}
		// w may fill the gap unless its home lies behind it, going round.
		if (i-s.home(w.hash()))&mask >= (i-gap)&mask {
			s.slots[gap], gap = w, i
		}
	}
	s.slots[gap] = 0
	s.live--
	for s != nil && s.live < len(s.slots)/8 {
		var more int64
		s, more = x.shrink(s, v.hash())
		grown += more
	}
	return grown
}

// shrink joins a sparse segment with the other half of what was split, or halves the only one. It returns what came of
// it, or nil if there is nothing to do.
func (x *index) shrink(s *segment, hash uint64) (result *segment, grown int64) {
	if s.depth == 0 || len(s.slots) > 1<<segMaxLog {
		if len(s.slots) > 1<<segMinLog {
			return s, s.resize(len(s.slots) / 2)
		}
		return nil, 0
	}
	prefix := hash >> (hashBits - s.depth)
	o := x.segmentOf((prefix ^ 1) << (hashBits - s.depth))
	if o.depth != s.depth || s.live+o.live > len(o.slots)/2 {
		return nil, 0
	}
	joined := newSegment(s.depth-1, segMaxLog)
	for _, part := range []*segment{s, o} {
		for _, v := range part.slots {
			if v != 0 {
				joined.insert(v)
			}
		}
	}
	x.at[s.depth] -= 2
	x.at[joined.depth]++
	x.set(prefix>>1, joined)
	return joined, joined.bytes() - s.bytes() - o.bytes() + x.narrow()
}

// narrow halves dir as long as no segment needs its length.
func (x *index) narrow() (grown int64) {
	for x.depth > 0 && x.at[x.depth] == 0 {
		dir := make([]*segment, len(x.dir)/2)
		for i := range dir {
			dir[i] = x.dir[2*i]
		}
		x.dir, x.depth = dir, x.depth-1
		grown -= 8 * int64(len(dir))
	}
	return grown
}
