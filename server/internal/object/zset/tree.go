package zset

import (
	"bytes"
	"unsafe"
)

// fan is the most children of an inner node: a node's scores then take eight cache lines, and a million members three
// levels above the leaves.
const fan = 64

// inner is a node above the leaves. Child i holds count[i] > 0 entries, the first of which has score first[i].
type inner struct {
	n     int
	first [fan]float64
	count [fan]int
	child [fan]uint32 // leaves at level 1, else inner nodes
}

const innerBytes = int64(unsafe.Sizeof(inner{})) + 8

// order says what decides whether an entry stands before a bound.
type order uint8

const (
	byBoth  order = iota // the score, then the member
	byScore              // the score alone
	byLex                // the member alone: for sets whose scores are all the same
)

// bound is a place in the order, just before or just after what compares equal to it.
type bound struct {
	score  float64
	member []byte
	by     order
	after  bool
}

// beyond says whether entry i of a leaf stands before the bound.
func (z *ZSet) beyond(b *bound, l *leaf, i int) bool {
	if b.by != byLex {
		if s := l.score(i); s != b.score {
			return s < b.score
		}
		if b.by == byScore {
			return b.after
		}
	}
	c := bytes.Compare(z.member(l, i), b.member)
	return c < 0 || c == 0 && b.after
}

// posIn returns the position of the first entry of a leaf that is not before the bound.
func (z *ZSet) posIn(b *bound, l *leaf) int {
	lo, hi := 0, int(l.n)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if z.beyond(b, l, mid) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// childFor returns the child of a node in which the place of the bound is: the last one whose first entry is before it.
func (z *ZSet) childFor(b *bound, in *inner, level int) int {
	lo, hi := 1, in.n
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		var before bool
		switch s := in.first[mid]; {
		case b.by != byLex && s != b.score:
			before = s < b.score
		case b.by == byScore:
			before = b.after
		default:
			before = z.beyond(b, z.leftmost(in.child[mid], level-1), 0)
		}
		if before {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

// leftmost returns the first leaf below a node.
func (z *ZSet) leftmost(id uint32, level int) *leaf {
	for ; level > 0; level-- {
		id = z.inners[id].child[0]
	}
	return z.leaves.at(id)
}

// firstOf returns the score of the first entry below a node.
func (z *ZSet) firstOf(id uint32, level int) float64 {
	if level == 0 {
		return z.leaves.at(id).score(0)
	}
	return z.inners[id].first[0]
}

// sibling is a node that a split put to the right of another. The zero sibling: there was no split.
type sibling struct {
	id    uint32
	first float64
	count int
}

// insertBelow adds the entry z.pending below a node.
func (z *ZSet) insertBelow(id uint32, level int) sibling {
	if level == 0 {
		return z.insertLeaf(id)
	}
	in := z.inners[id]
	i := z.childFor(&z.place, in, level)
	s := z.insertBelow(in.child[i], level-1)
	in.count[i] += 1 - s.count
	if z.place.score < in.first[i] {
		in.first[i] = z.place.score
	}
	if s.id == 0 {
		return s
	}
	if in.n < fan {
		in.insert(i+1, s)
		return sibling{}
	}
	return z.splitInner(in, i+1, s)
}

func (in *inner) insert(i int, s sibling) {
	copy(in.first[i+1:in.n+1], in.first[i:in.n])
	copy(in.count[i+1:in.n+1], in.count[i:in.n])
	copy(in.child[i+1:in.n+1], in.child[i:in.n])
	in.first[i], in.count[i], in.child[i] = s.first, s.count, s.id
	in.n++
}

func (in *inner) remove(i int) {
	copy(in.first[i:], in.first[i+1:in.n])
	copy(in.count[i:], in.count[i+1:in.n])
	copy(in.child[i:], in.child[i+1:in.n])
	in.n--
}

func (in *inner) sum() (n int) {
	for _, c := range in.count[:in.n] {
		n += c
	}
	return n
}

// moveTo appends the children of in from i on to another node.
func (in *inner) moveTo(to *inner, i int) {
	copy(to.first[to.n:], in.first[i:in.n])
	copy(to.count[to.n:], in.count[i:in.n])
	copy(to.child[to.n:], in.child[i:in.n])
	to.n += in.n - i
	in.n = i
}

// splitInner adds child s at position i of a full node. A child at the very end starts a node of its own, so that
// members that come in order leave full nodes behind.
func (z *ZSet) splitInner(in *inner, i int, s sibling) sibling {
	id, right := z.newInner()
	if i == fan {
		right.insert(0, s)
	} else {
		in.moveTo(right, fan/2)
		if i > fan/2 {
			right.insert(i-fan/2, s)
		} else {
			in.insert(i, s)
		}
	}
	return sibling{id, right.first[0], right.sum()}
}

func (z *ZSet) newInner() (uint32, *inner) {
	z.mem += innerBytes
	in := new(inner)
	if n := len(z.freeInners); n > 0 {
		id := z.freeInners[n-1]
		z.freeInners = z.freeInners[:n-1]
		z.inners[id] = in
		return id, in
	}
	if len(z.inners) == 0 {
		z.inners = append(z.inners, nil) // ids start with 1
	}
	z.inners = append(z.inners, in)
	return uint32(len(z.inners) - 1), in
}

func (z *ZSet) dropInner(id uint32) {
	z.mem -= innerBytes
	z.inners[id] = nil
	z.freeInners = append(z.freeInners, id)
}

func (z *ZSet) newLeaf() (uint32, *leaf) {
	id, grown := z.leaves.add()
	z.mem += grown
	return id, z.leaves.at(id)
}

// dropLeaf takes an empty leaf out of the chain.
func (z *ZSet) dropLeaf(id uint32) {
	l := z.leaves.at(id)
	z.link(l.prev, l.next)
	z.mem -= int64(len(l.buf))
	z.leaves.remove(id)
}

// link makes two leaves neighbours.
func (z *ZSet) link(left, right uint32) {
	if left == 0 {
		z.head = right
	} else {
		z.leaves.at(left).next = right
	}
	if right == 0 {
		z.tail = left
	} else {
		z.leaves.at(right).prev = left
	}
}

// insertLeaf adds the pending entry to a leaf, or splits it first.
func (z *ZSet) insertLeaf(id uint32) (s sibling) {
	l := z.leaves.at(id)
	i := z.posIn(&z.place, l)
	size := len(z.pending)
	var right *leaf
	if !l.fits(size) {
		s.id, right = z.splitLeaf(id, l, i)
		if i > int(l.n) || right.n == 0 {
			id, l, i = s.id, right, i-int(l.n)
		}
	}
	z.mem += l.room(1, size)
	l.open(i, tagOf(z.hash))
	l.put(i, z.pending)
	z.mem += z.index.add(slotOf(z.hash, id))
	if s.id != 0 {
		s.first, s.count = right.score(0), int(right.n)
	}
	return s
}

// splitLeaf moves about half of a leaf, by bytes, to a new one. Where the entry to come belongs behind the last of all
// or before the first of all, the old leaf stays as full as it is: members that come in order leave full leaves behind.
func (z *ZSet) splitLeaf(id uint32, l *leaf, i int) (uint32, *leaf) {
	at := 0
	switch {
	case i == int(l.n) && l.next == 0:
		at = i
	case i == 0 && l.prev == 0:
		at = 0
	default:
		for sum := 0; sum < l.live()/2; at++ {
			sum += len(l.rawEntry(at)) + slotBytes
		}
	}
	rid, right := z.newLeaf()
	z.link(rid, l.next)
	z.link(id, rid)
	z.moveEntries(id, rid, at)
	return rid, right
}

// moveEntries appends the entries of leaf from, beginning with i, to the leaf to.
func (z *ZSet) moveEntries(from, to uint32, i int) {
	src, dst := z.leaves.at(from), z.leaves.at(to)
	n := int(src.n)
	if i == n {
		return
	}
	size := 0
	for k := i; k < n; k++ {
		size += len(src.rawEntry(k))
	}
	z.mem += dst.room(n-i, size)
	for k := i; k < n; k++ {
		e, at := src.rawEntry(k), int(dst.n)
		dst.open(at, src.buf[k])
		dst.put(at, e)
		h := z.hashOf(z.member(dst, at))
		z.index.change(slotOf(h, from), slotOf(h, to))
	}
	z.mem += src.cut(i, n)
}
