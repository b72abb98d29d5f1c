package quicklist

import (
	"bytes"
	"slices"

	"redline/server/internal/object/listpack"
)

// growShare is what part of a list's memory the free room of a node at its end may take from the start: in a long list the
// next node will be filled as those before it, and growing it step by step allocates twice as much.
const growShare = 16

// room returns lp with the capacity for more bytes, which doubles up to the limit of a node, so that a node at an end
// is copied a few times only.
func (l *List) room(lp []byte, more int) []byte {
	need := len(lp) + more
	if need <= cap(lp) {
		return lp
	}
	want := max(need, min(max(2*cap(lp), int(l.mem/growShare)), l.limit.bytes()))
	return append(make([]byte, 0, want), lp...)
}

// headroom sees to it that there are so many free bytes before a node's listpack. As in room they double, up to the limit
// of a node, so pushing at the front moves what is there a few times only. What is free behind stays.
func (l *List) headroom(nd *node, need int) {
	if int(nd.head) >= need {
		return
	}
	lp := nd.buf()
	head := min(max(need, min(max(len(lp), int(l.mem/growShare)), l.limit.bytes()-len(lp))), headMax)
	mem := make([]byte, head+len(lp), head+cap(lp))
	copy(mem[head:], lp)
	l.mem += int64(cap(mem)) - int64(nd.room)
	if nd.block != 0 {
		l.arena.Free(nd.block)
	}
	nd.setMem(mem)
	nd.head, nd.block = uint16(head), 0
}

// headMax is the most that is kept free before a listpack: no node that takes more elements is longer.
const headMax = 1<<16 - 1

// tight returns lp without much unused capacity.
func tight(lp []byte) []byte {
	if cap(lp)-len(lp) > len(lp)/8 {
		return append(make([]byte, 0, len(lp)), lp...)
	}
	return lp
}

// newNode makes a node of one element, for the front of a list or for its end, in memory that is to spare if that suffices.
func newNode(spare, s []byte, front bool) node {
	if len(s) >= plainMin {
		return newNodeOf(bytes.Clone(s), 1, plain)
	}
	if need := listpack.EmptyLen + listpack.Size(s); cap(spare) < need {
		spare = make([]byte, 0, need)
	}
	lp := listpack.Append(listpack.AppendEmpty(spare[:0]), s)
	nd := newNodeOf(lp, 1, open)
	if head := cap(lp) - len(lp); front && head <= headMax { // what is free is needed before it
		mem := lp[:cap(lp)]
		copy(mem[head:], lp)
		nd.setMem(mem)
		nd.head = uint16(head)
	}
	return nd
}

// PushBack adds an element at the end. s must not be a view of this list.
func (l *List) PushBack(s []byte) {
	p := l.end()
	var spare []byte
	if p.i > 0 {
		last := place{p.seg, p.i - 1}
		if l.admits(last, s) {
			l.edited(last, listpack.Append(l.room(l.at(last).buf(), listpack.Size(s)), s), 1)
			return
		}
		spare = l.seal(last)
	}
	l.insertNode(p, newNode(spare, s, false))
}

// PushFront adds an element before the first. s must not be a view of this list.
func (l *List) PushFront(s []byte) {
	first := place{}
	var spare []byte
	if l.n > 0 {
		if l.admits(first, s) {
			nd := l.at(first)
			l.headroom(nd, listpack.Size(s))
			nd.head = uint16(listpack.PrependDown(nd.mem(), int(nd.head), s))
			l.counted(first, 1)
			return
		}
		spare = l.seal(first)
	}
	l.insertNode(first, newNode(spare, s, true))
}

// admits says whether the node at p takes one more element. If so it is not packed.
func (l *List) admits(p place, s []byte) bool {
	nd := l.at(p)
	if nd.form == plain || len(s) >= plainMin || !l.limit.Allows(nd.len(), nd.least(), len(s)) {
		return false
	}
	return l.limit.Allows(nd.len(), len(l.unpack(p).buf()), len(s))
}

// seal packs a node that is full: from now on it is as good as never changed, while the nodes at the ends grow and are
// copied. spare is memory of the Go heap that is free then, for the next node; nil if it is too much for a list so long.
func (l *List) seal(p place) (spare []byte) {
	nd := l.at(p)
	switch {
	case nd.form == packed:
		return nil
	case l.arena == nil || nd.form == plain:
		l.trim(p)
		return nil
	}
	if nd.block == 0 && int64(nd.room) <= l.mem/growShare {
		spare = nd.mem()[:0]
	}
	l.pack(nd)
	return spare
}

// trim gives back what a node that is not packed does not need, and puts it into the arena if there is one.
func (l *List) trim(p place) {
	nd := l.at(p)
	if l.arena != nil && nd.block == 0 {
		l.settle(nd, nd.buf(), len(nd.buf()))
	} else if nd.slack() > int(nd.size)/8 {
		l.edited(p, bytes.Clone(nd.buf()), 0)
	}
}

// Insert adds an element before the one with the given index, or with the index Len at the end. s must not be a view of
// this list.
func (l *List) Insert(i int, s []byte) {
	switch i {
	case 0:
		l.PushFront(s)
		return
	case l.n:
		l.PushBack(s)
		return
	}
	p, off := l.find(i)
	if l.admits(p, s) {
		l.insertIn(p, off, s)
		return
	}
	if off == 0 { // between two nodes: the one before may have room
		if q, ok := l.before(p); ok && l.admits(q, s) {
			l.insertIn(q, l.at(q).len(), s)
			return
		}
		l.insertNode(p, newNode(nil, s, false))
		return
	}
	p = l.splitNode(p, off)
	if l.admits(p, s) {
		l.insertIn(p, off, s)
		return
	}
	l.insertNode(place{p.seg, p.i + 1}, newNode(nil, s, false))
}

// insertIn adds an element to a node that has room.
func (l *List) insertIn(p place, off int, s []byte) {
	nd := l.at(p)
	buf := l.room(nd.buf(), listpack.Size(s))
	at := listpack.End(buf)
	if off < nd.len() {
		at = listpack.Seek(buf, off)
	}
	l.edited(p, listpack.Insert(buf, at, s), 1)
}

func (l *List) before(p place) (place, bool) {
	if p.i > 0 {
		return place{p.seg, p.i - 1}, true
	}
	if p.seg == 0 {
		return p, false
	}
	return place{p.seg - 1, len(l.segs[p.seg-1].nodes) - 1}, true
}

// splitNode divides a node before its element off and returns the place of the left part.
func (l *List) splitNode(p place, off int) place {
	nd := l.unpack(p)
	lp := nd.buf()
	at := listpack.Seek(lp, off)
	right := make([]byte, 0, listpack.EmptyLen+len(lp)-at)
	right = appendTail(right, lp, at)
	moved := nd.len() - off
	l.edited(p, listpack.DeleteN(lp, at, moved), -moved)
	l.trim(p)
	next := l.insertNode(place{p.seg, p.i + 1}, newNodeOf(right, moved, open))
	if l.arena != nil {
		l.trim(next)
	}
	left, _ := l.before(next)
	return left
}

// appendTail makes a listpack of the entries of lp from the position at on.
func appendTail(dst, lp []byte, at int) []byte {
	dst = listpack.AppendEmpty(dst)
	for ; at != 0; at = listpack.Next(lp, at) {
		if v := listpack.Get(lp, at); v.IsInt() {
			dst = listpack.AppendInt(dst, v.Int)
		} else {
			dst = listpack.Append(dst, v.Str)
		}
	}
	return dst
}

// Set replaces the element with the given index, which exists. s must not be a view of this list.
func (l *List) Set(i int, s []byte) {
	p, off := l.find(i)
	nd := l.unpack(p)
	if nd.len() == 1 {
		n := newNode(nil, s, false)
		nd.form = n.form
		l.edited(p, n.mem(), 0)
		return
	}
	at := listpack.Seek(nd.buf(), off)
	size := len(nd.buf()) - listpack.EntryLen(nd.buf(), at)
	if len(s) < plainMin && (size+len(s)+overhead <= l.limit.bytes()) {
		l.edited(p, listpack.Replace(l.room(nd.buf(), listpack.Size(s)), at, s), 0)
		return
	}
	l.RemoveRange(i, 1)
	l.Insert(i, s)
}

// RemoveRange takes out n elements from an index on. They exist.
func (l *List) RemoveRange(i, n int) {
	for n > 0 {
		p, off := l.find(i)
		nd := l.at(p)
		k := min(n, nd.len()-off)
		if k < nd.len() {
			l.unpack(p)
		}
		switch {
		case k == nd.len():
			l.removeNode(p)
		case off == 0 && int(nd.size) <= headMax: // the header moves, not what follows
			nd.head = uint16(int(nd.size) - len(listpack.CutFront(nd.buf(), k)))
			l.counted(p, -k)
			l.spare(p)
			if !l.join(place{p.seg, p.i - 1}) {
				l.join(p)
			}
		default:
			l.shrunk(p, listpack.DeleteRange(nd.buf(), off, k), k)
			if !l.join(place{p.seg, p.i - 1}) {
				l.join(p)
			}
		}
		n -= k
	}
}

// shrunk puts a listpack that lost k elements, but not all, into its node.
func (l *List) shrunk(p place, lp []byte, k int) {
	l.edited(p, lp, -k)
	l.spare(p)
}

// spare gives back what a node does not need if that is more than half.
func (l *List) spare(p place) {
	if nd := l.at(p); nd.slack() > int(nd.room)/2 {
		l.edited(p, bytes.Clone(nd.buf()), 0)
	}
}

// join puts the node after p into that at p if one of them is a quarter full at most and both together are not full.
func (l *List) join(p place) bool {
	nodes := l.segs[p.seg].nodes
	if p.i < 0 || p.i+1 >= len(nodes) {
		return false
	}
	a, b := &nodes[p.i], &nodes[p.i+1]
	most := l.limit.bytes()
	x, y := a.least(), b.least()
	if a.form == plain || b.form == plain || min(x, y) > most/4 || x+y > most*3/4 ||
		l.limit >= 0 && a.len()+b.len() > max(int(l.limit), 1) {
		return false
	}
	joined, n := tight(listpack.Join(slices.Clip(a.opened(nil)), b.opened(nil))), b.len()
	l.removeNode(place{p.seg, p.i + 1}) // after what was in it has been copied
	l.edited(p, joined, n)
	return true
}
