package zset

import (
	"bytes"
	"slices"

	"github.com/zeebo/xxh3"
)

// ZSet is a large sorted set. The zero value is not usable: see New. Dropping the last reference frees it, whatever its
// size.
type ZSet struct {
	root   uint32
	height int // levels of inner nodes; 0: the root is a leaf
	head   uint32
	tail   uint32
	len    int
	mem    int64
	seed   uint64

	leaves     table[leaf]
	inners     []*inner // by id
	freeInners []uint32
	far        table[[]byte] // members longer than inlineMax
	index      index

	// The entry on its way into the tree; kept here so that an insertion allocates nothing.
	hash    uint64
	place   bound
	pending []byte
}

// baseBytes is what an empty set takes: the structure and its scratch space.
const baseBytes = 1024

// New makes an empty set. seed is of the hash function: random, so that nobody can choose colliding members.
func New(seed uint64) *ZSet { return &ZSet{seed: seed, mem: baseBytes} }

// Len returns the number of members.
func (z *ZSet) Len() int { return z.len }

// MemBytes returns the memory that the set takes, in constant time.
func (z *ZSet) MemBytes() int64 { return z.mem }

func (z *ZSet) hashOf(member []byte) uint64 { return xxh3.HashSeed(member, z.seed) }

// lookup returns the leaf and position of a member; leaf 0: there is none.
func (z *ZSet) lookup(hash uint64, member []byte) (id uint32, pos int) {
	if z.len == 0 {
		return 0, 0
	}
	want := hash >> (64 - hashBits)
	s := z.index.segmentOf(want)
	for i := s.home(want); ; i = (i + 1) & (len(s.slots) - 1) {
		v := s.slots[i]
		if v == 0 {
			return 0, 0
		}
		if v.hash() != want {
			continue
		}
		if pos = z.findIn(z.leaves.at(v.leaf()), tagOf(hash), member); pos >= 0 {
			return v.leaf(), pos
		}
	}
}

// Score returns a member's score.
func (z *ZSet) Score(member []byte) (score float64, ok bool) {
	id, pos := z.lookup(z.hashOf(member), member)
	if id == 0 {
		return 0, false
	}
	return z.leaves.at(id).score(pos), true
}

// Set gives a member a score and returns the one that it had, if it was in the set. member must not be a view of this
// set. score must not be NaN.
func (z *ZSet) Set(member []byte, score float64) (old float64, had bool) {
	h := z.hashOf(member)
	id, pos := z.lookup(h, member)
	if id == 0 {
		z.insert(h, member, score)
		return 0, false
	}
	l := z.leaves.at(id)
	old = l.score(pos)
	switch {
	case old == score:
	case pos > 0 && pos < int(l.n)-1 && z.between(l, pos, member, score): // fast path: the place stays
		l.setScore(pos, score)
	default:
		z.remove(&bound{score: old, member: member, after: true})
		z.insert(h, member, score)
	}
	return old, true
}

// between says whether a member with a new score belongs between its present neighbours.
func (z *ZSet) between(l *leaf, pos int, member []byte, score float64) bool {
	b := bound{score: score, member: member}
	return z.beyond(&b, l, pos-1) && !z.beyond(&b, l, pos+1)
}

// insert adds a member that is not in the set.
func (z *ZSet) insert(h uint64, member []byte, score float64) {
	var far uint32
	if len(member) > inlineMax {
		id, grown := z.far.add()
		far = id
		kept := bytes.Clone(member)
		*z.far.at(id) = kept
		z.mem += grown + int64(cap(kept))
	}
	z.hash, z.place = h, bound{score: score, member: member}
	z.pending = appendEntry(z.pending[:0], score, member, far)
	if z.root == 0 {
		z.root, _ = z.newLeaf()
		z.head, z.tail = z.root, z.root
	}
	s := z.insertBelow(z.root, z.height)
	if s.id != 0 {
		z.grow(s)
	}
	z.place.member = nil
	z.len++
}

// grow puts a new root above the old one and its sibling.
func (z *ZSet) grow(s sibling) {
	first := z.firstOf(z.root, z.height)
	id, in := z.newInner()
	in.insert(0, sibling{z.root, first, z.len + 1 - s.count})
	in.insert(1, s)
	z.root = id
	z.height++
}

// Remove takes a member out and says whether it was there. member must not be a view of this set.
func (z *ZSet) Remove(member []byte) bool {
	id, pos := z.lookup(z.hashOf(member), member)
	if id == 0 {
		return false
	}
	z.remove(&bound{score: z.leaves.at(id).score(pos), member: member, after: true})
	return true
}

// Rank returns how many members stand before a member, and its score.
func (z *ZSet) Rank(member []byte) (rank int, score float64, ok bool) {
	id, pos := z.lookup(z.hashOf(member), member)
	if id == 0 {
		return 0, 0, false
	}
	score = z.leaves.at(id).score(pos)
	return z.rankOf(&bound{score: score, member: member}), score, true
}

// RankOfScore returns how many members have a score below the given one; with after those that have it count as well.
func (z *ZSet) RankOfScore(score float64, after bool) int {
	return z.rankOf(&bound{score: score, by: byScore, after: after})
}

// RankOfLex returns how many members stand before the given one by their bytes alone; with after it counts as well. It
// means something only if all scores are the same.
func (z *ZSet) RankOfLex(member []byte, after bool) int {
	return z.rankOf(&bound{member: member, by: byLex, after: after})
}

// rankOf returns the number of entries before a bound.
func (z *ZSet) rankOf(b *bound) (rank int) {
	if z.len == 0 {
		return 0
	}
	id := z.root
	for level := z.height; level > 0; level-- {
		in := z.inners[id]
		i := z.childFor(b, in, level)
		for _, c := range in.count[:i] {
			rank += c
		}
		id = in.child[i]
	}
	return rank + z.posIn(b, z.leaves.at(id))
}

// farLen returns how many members are kept outside the leaves: for tests.
func (z *ZSet) farLen() int { return int(z.far.last) - len(z.far.free) }

// reset frees what an emptied set still holds.
func (z *ZSet) reset() {
	*z = ZSet{seed: z.seed, mem: baseBytes, pending: slices.Clip(z.pending[:0])}
}
