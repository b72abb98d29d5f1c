package hashtable

import (
	"encoding/binary"
	"math/bits"
)

const (
	// splitAt is the load of 85 % over which the index chunk would spill too much.
	splitAt = segSlots * 85 / 100
	// mergeAt is what two neighbours may have together to be merged: far enough below a split's halves that a table
	// which wavers about a size does not split and merge all the time.
	mergeAt = segSlots * 30 / 100

	// depthMax bounds the directory. depthSlack is how many bits deeper a segment may be than equal ones would: with
	// hashes that spread, two are never reached; with keys chosen to collide the directory would grow without bound.
	depthMax   = 31
	depthSlack = 6
)

// newSegment adds an empty segment, of which depth and prefix are given, to the list and returns its index.
func (t *Table) newSegment(s segment) uint32 {
	i := t.nsegs
	t.nsegs++
	s.index = t.newIndex(i)
	p := int(i >> pageShift)
	switch {
	case p == len(t.pages) && p > 0:
		t.pages = append(t.pages, make([]segment, 0, pageSegs))
	case p == len(t.pages): // the first page grows as slices do
		t.pages = append(t.pages, make([]segment, 0, 1))
	}
	t.pages[p] = append(t.pages[p], s)
	t.byDepth[s.depth]++
	return i
}

// newIndex returns a chunk that is an index without entries.
func (t *Table) newIndex(owner uint32) chunkID {
	id := t.pool.alloc(owner)
	idx := t.pool.bytes(id)
	for g := range segGroups {
		binary.LittleEndian.PutUint32(idx[g*groupBytes+offMeta:], 0)
	}
	return id
}

// insert adds an entry whose key is not in the table.
//
// A segment that is full is split. Where that would make the directory too large, because hashes collide in many bits
// (seeds are secret, so that takes an attack on the hash function), it goes on in an overflow segment instead, and the
// chain stays until its overflow is empty again.
func (t *Table) insert(h uint64, key, val []byte) {
	i := t.segOf(h)
	for {
		s := t.seg(i)
		if int(s.count) < splitAt {
			break
		}
		switch {
		case s.next != 0:
			i = s.next - 1
		case i == t.segOf(h) && t.maySplit(s):
			t.split(i)
			i = t.segOf(h)
		default:
			next := t.newSegment(segment{prefix: s.prefix, depth: s.depth})
			t.seg(i).next = next + 1
			i = next
		}
	}
	p := planFor(len(key), len(val))
	b, ref := t.room(i, roundUnit(p.size))
	t.encode(b, p, key, val)
	t.addSlot(t.seg(i), h, ref)
	t.count++
}

func (t *Table) maySplit(s *segment) bool {
	return int(s.depth) < min(depthMax, bits.Len32(t.nsegs)+depthSlack)
}

// split divides a segment in two by the next bit of the hashes.
func (t *Table) split(i uint32) {
	old := *t.seg(i)
	if old.depth == t.depth {
		t.doubleDir()
	}
	t.byDepth[old.depth]--
	t.byDepth[old.depth+1]++
	*t.seg(i) = segment{depth: old.depth + 1, prefix: old.prefix << 1, index: t.newIndex(i)}
	j := t.newSegment(segment{depth: old.depth + 1, prefix: old.prefix<<1 | 1})
	t.point(j)
	bit := 63 - old.depth
	t.drain(&old, func(h uint64) uint32 {
		if h>>bit&1 == 0 {
			return i
		}
		return j
	})
}

// drain moves all entries of a segment that is no longer in the list to others, and frees its chunks.
func (t *Table) drain(old *segment, to func(h uint64) uint32) {
	idx := t.pool.bytes(old.index)
	for g := range segGroups {
		grp := idx[g*groupBytes : (g+1)*groupBytes]
		for m := binary.LittleEndian.Uint32(grp[offMeta:]) & usedMask; m != 0; m &= m - 1 {
			b := t.record(old, binary.LittleEndian.Uint16(grp[offRefs+2*bits.TrailingZeros32(m):]))
			r := t.decode(b)
			h, n := t.hash(r.key), roundUnit(r.size)
			i := to(h)
			dst, ref := t.room(i, n)
			copy(dst, b[:n])
			t.addSlot(t.seg(i), h, ref)
		}
	}
	t.releaseRecords(old)
	t.pool.release(old.index)
}

// doubleDir makes room in the directory for one more bit.
func (t *Table) doubleDir() {
	dir := make([]uint32, 2*len(t.dir))
	for i, s := range t.dir {
		dir[2*i], dir[2*i+1] = s, s
	}
	t.dir = dir
	t.depth++
}

// halveDir takes bits that no segment needs out of the directory.
func (t *Table) halveDir() {
	for t.depth > 0 && t.byDepth[t.depth] == 0 {
		n := len(t.dir) / 2
		for i := range n {
			t.dir[i] = t.dir[2*i]
		}
		t.dir = t.dir[:n]
		if cap(t.dir) > 4*n {
			t.dir = append(make([]uint32, 0, n), t.dir...)
		}
		t.depth--
	}
}

// point lets the directory name segment i for its prefix.
func (t *Table) point(i uint32) {
	s := t.seg(i)
	shift := t.depth - s.depth
	for at := s.prefix << shift; at < (s.prefix+1)<<shift; at++ {
		t.dir[at] = i
	}
}

// tidy looks after segment i, in which an entry with hash h was deleted.
func (t *Table) tidy(i uint32, h uint64) {
	s := t.seg(i)
	held := uint32(len(s.chunks)) * chunkBytes
	if s.dead >= 2*chunkBytes && s.dead*2 >= held {
		t.rewrite(i)
	}
	head := t.segOf(h)
	if i != head {
		if s.count == 0 {
			t.unchain(head, i)
		}
		return
	}
	if int(s.count) > mergeAt || s.depth == 0 || s.next != 0 {
		return
	}
	j := t.dir[(s.prefix^1)<<(t.depth-s.depth)]
	o := t.seg(j)
	if o.depth == s.depth && o.next == 0 && int(s.count)+int(o.count) <= mergeAt {
		t.merge(i, j)
	}
}

// merge joins two segments that differ in the last bit of their prefixes.
func (t *Table) merge(i, j uint32) {
	a, b := *t.seg(i), *t.seg(j)
	t.byDepth[a.depth]--
	t.byDepth[a.depth-1]++
	*t.seg(i) = segment{depth: a.depth - 1, prefix: a.prefix >> 1, index: t.newIndex(i)}
	t.point(i)
	to := func(uint64) uint32 { return i }
	t.drain(&a, to)
	t.drain(&b, to)
	t.dropSegment(j)
	t.halveDir()
}

// unchain takes the empty overflow segment i out of the chain that begins with head.
func (t *Table) unchain(head, i uint32) {
	p := t.before(head, i)
	p.next = t.seg(i).next
	t.pool.release(t.seg(i).index)
	t.dropSegment(i)
}

// before returns the segment that is before i in the chain of head.
func (t *Table) before(head, i uint32) *segment {
	p := t.seg(head)
	for p.next != i+1 {
		p = t.seg(p.next - 1)
	}
	return p
}

// dropSegment takes segment i, whose chunks are freed and to which nothing points, out of the list. The last one takes
// its place.
func (t *Table) dropSegment(i uint32) {
	t.byDepth[t.seg(i).depth]--
	last := t.nsegs - 1
	if i != last {
		s := t.seg(i)
		*s = *t.seg(last)
		t.pool.owner[s.index] = i
		for _, id := range s.chunks {
			t.pool.owner[id] = i
		}
		if head := t.dir[s.prefix<<(t.depth-s.depth)]; head == last {
			t.point(i)
		} else {
			t.before(head, last).next = i + 1
		}
	}
	p := last >> pageShift
	t.pages[p][last&(pageSegs-1)] = segment{}
	t.pages[p] = t.pages[p][:last&(pageSegs-1)]
	if len(t.pages[p]) == 0 && p > 0 {
		t.pages[p] = nil
		t.pages = t.pages[:p]
	}
	t.nsegs--
}

// shrinkPool takes a bounded step towards giving unused memory back.
func (t *Table) shrinkPool() {
	for moves := 0; moves < movesMax && t.pool.sparse(); {
		if t.pool.dropEmpty() {
			continue
		}
		from := t.pool.lastUsed()
		owner := t.pool.owner[from]
		to := t.pool.alloc(owner)
		copy(t.pool.bytes(to), t.pool.bytes(from))
		s := t.seg(owner)
		if s.index == from {
			s.index = to
		} else {
			for k, id := range s.chunks {
				if id == from {
					s.chunks[k] = to
					break
				}
			}
		}
		t.pool.release(from)
		moves++
	}
}
