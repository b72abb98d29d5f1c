package zset

import "iter"

// Iter is a place in a set. It is valid until the set changes. The zero Iter stands nowhere.
type Iter struct {
	z   *ZSet
	l   *leaf
	pos int
}

// At returns the place of the member with the given rank; it stands nowhere if there is none.
func (z *ZSet) At(rank int) Iter {
	if rank < 0 || rank >= z.len {
		return Iter{}
	}
	id := z.root
	for level := z.height; level > 0; level-- {
		in := z.inners[id]
		i := 0
		for rank >= in.count[i] {
			rank -= in.count[i]
			i++
		}
		id = in.child[i]
	}
	return Iter{z, z.leaves.at(id), rank}
}

// OK says whether there is a member at the place.
func (it *Iter) OK() bool { return it.l != nil }

// Member returns the member at the place: a view that is valid until the set changes.
func (it *Iter) Member() []byte { return it.z.member(it.l, it.pos) }

// Score returns the score of the member at the place.
func (it *Iter) Score() float64 { return it.l.score(it.pos) }

// Next goes to the next member in order, or nowhere.
func (it *Iter) Next() {
	if it.pos++; it.pos == int(it.l.n) {
		it.enter(it.l.next)
	}
}

// Prev goes to the member before, or nowhere.
func (it *Iter) Prev() {
	if it.pos--; it.pos < 0 {
		if it.enter(it.l.prev); it.l != nil {
			it.pos = int(it.l.n) - 1
		}
	}
}

func (it *Iter) enter(leaf uint32) {
	it.pos = 0
	if leaf == 0 {
		it.l = nil
		return
	}
	it.l = it.z.leaves.at(leaf)
}

// All passes all members in order.
func (z *ZSet) All() iter.Seq2[[]byte, float64] {
	return func(yield func([]byte, float64) bool) {
		for it := z.At(0); it.OK(); it.Next() {
			if !yield(it.Member(), it.Score()) {
				return
			}
		}
	}
}

// Scan passes about count members, those whose hashes follow the cursor, and returns the next cursor; 0: that was all.
// A scan from 0 until 0 passes every member that is in the set throughout exactly once, whatever is added or removed
// meanwhile. fn must not change the set.
func (z *ZSet) Scan(cursor uint64, count int, fn func(member []byte, score float64)) (next uint64) {
	if z.len == 0 || cursor > hashMask {
		return 0
	}
	count = max(count, 1)
	for n := 0; n < count; {
		s := z.index.segmentOf(cursor)
		width := uint64(1) << (hashBits - s.depth)
		end := cursor&^(width-1) + width
		if s.live > count-n { // a part of the segment is enough
			end = min(end, cursor+max(width/uint64(s.live)*uint64(count-n), 1))
		}
		n += z.scanSegment(s, cursor, end, fn)
		if cursor = end; cursor > hashMask {
			return 0
		}
	}
	return cursor
}

// scanSegment passes the members of a segment whose hashes are in [from, to).
func (z *ZSet) scanSegment(s *segment, from, to uint64, fn func(member []byte, score float64)) (n int) {
	for i, v := range s.slots {
		if v == 0 || v.hash() < from || v.hash() >= to || s.twin(i) {
			continue
		}
		// The slot says which leaf, not which entry.
		l := z.leaves.at(v.leaf())
		for pos, tag := range l.buf[:l.n] {
			if tag != v.tag() {
				continue
			}
			if m := z.member(l, pos); z.hashOf(m)>>(64-hashBits) == v.hash() {
				fn(m, l.score(pos))
				n++
			}
		}
	}
	return n
}
