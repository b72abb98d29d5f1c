package quicklist

import (
	"bytes"
	"slices"

	"redline/server/internal/object/listpack"
)

// room returns lp with the capacity for more bytes, which doubles up to the limit of a node, so that a node at an end
// is copied a few times only.
func (l *List) room(lp []byte, more int) []byte {
	need := len(lp) + more
	if need <= cap(lp) {
		return lp
	}
	want := max(need, min(2*cap(lp), l.limit.bytes()))
	return append(make([]byte, 0, want), lp...)
}

// tight returns lp without much unused capacity.
func tight(lp []byte) []byte {
	if cap(lp)-len(lp) > len(lp)/8 {
		return append(make([]byte, 0, len(lp)), lp...)
	}
	return lp
}

// newNode makes a node of one element.
func newNode(s []byte) node {
	if len(s) >= plainMin {
		return node{buf: bytes.Clone(s), count: 1, plain: true}
	}
	lp := make([]byte, 0, listpack.EmptyLen+listpack.Size(s))
	return node{buf: listpack.Append(listpack.AppendEmpty(lp), s), count: 1}
}

// PushBack adds an element at the end. s must not be a view of this list.
func (l *List) PushBack(s []byte) {
	p := l.end()
	if p.i > 0 {
		last := place{p.seg, p.i - 1}
		if nd := l.at(last); l.allows(nd, s) {
			l.edited(last, listpack.Append(l.room(nd.buf, listpack.Size(s)), s), 1)
			return
		}
		l.seal(last)
	}
	l.insertNode(p, newNode(s))
}

// PushFront adds an element before the first. s must not be a view of this list.
func (l *List) PushFront(s []byte) {
	first := place{}
	if l.n > 0 {
		if nd := l.at(first); l.allows(nd, s) {
			l.edited(first, listpack.Prepend(l.room(nd.buf, listpack.Size(s)), s), 1)
			return
		}
		l.seal(first)
	}
	l.insertNode(first, newNode(s))
}

func (l *List) allows(nd *node, s []byte) bool {
	return !nd.plain && len(s) < plainMin && l.limit.Allows(nd.len(), len(nd.buf), len(s))
}

// seal gives back what a node that is full does not need.
func (l *List) seal(p place) { l.edited(p, tight(l.at(p).buf), 0) }

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
	nd := l.at(p)
	if l.allows(nd, s) {
		l.insertIn(p, off, s)
		return
	}
	if off == 0 { // between two nodes: the one before may have room
		if q, ok := l.before(p); ok && l.allows(l.at(q), s) {
			l.insertIn(q, l.at(q).len(), s)
			return
		}
		l.insertNode(p, newNode(s))
		return
	}
	p = l.splitNode(p, off)
	if l.allows(l.at(p), s) {
		l.insertIn(p, off, s)
		return
	}
	l.insertNode(place{p.seg, p.i + 1}, newNode(s))
}

// insertIn adds an element to a node that has room.
func (l *List) insertIn(p place, off int, s []byte) {
	nd := l.at(p)
	buf := l.room(nd.buf, listpack.Size(s))
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
	nd := l.at(p)
	at := listpack.Seek(nd.buf, off)
	right := make([]byte, 0, listpack.EmptyLen+len(nd.buf)-at)
	right = appendTail(right, nd.buf, at)
	moved := nd.len() - off
	l.edited(p, tight(listpack.DeleteN(nd.buf, at, moved)), -moved)
	left, _ := l.before(l.insertNode(place{p.seg, p.i + 1}, node{buf: right, count: uint32(moved)}))
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
	nd := l.at(p)
	if nd.len() == 1 {
		n := newNode(s)
		nd.plain = n.plain
		l.edited(p, n.buf, 0)
		return
	}
	at := listpack.Seek(nd.buf, off)
	size := len(nd.buf) - listpack.EntryLen(nd.buf, at)
	if len(s) < plainMin && (size+len(s)+overhead <= l.limit.bytes()) {
		l.edited(p, listpack.Replace(l.room(nd.buf, listpack.Size(s)), at, s), 0)
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
		if k == nd.len() {
			l.removeNode(p)
		} else {
			l.shrunk(p, listpack.DeleteRange(nd.buf, off, k), k)
			if !l.join(place{p.seg, p.i - 1}) {
				l.join(p)
			}
		}
		n -= k
	}
}

// shrunk puts a listpack that lost k elements, but not all, into its node.
func (l *List) shrunk(p place, lp []byte, k int) {
	if len(lp) < cap(lp)/2 {
		lp = tight(lp)
	}
	l.edited(p, lp, -k)
}

// join puts the node after p into that at p if one of them is a quarter full at most and both together are not full.
func (l *List) join(p place) bool {
	nodes := l.segs[p.seg].nodes
	if p.i < 0 || p.i+1 >= len(nodes) {
		return false
	}
	a, b := &nodes[p.i], &nodes[p.i+1]
	most := l.limit.bytes()
	if a.plain || b.plain || min(len(a.buf), len(b.buf)) > most/4 || len(a.buf)+len(b.buf) > most*3/4 ||
		l.limit >= 0 && a.len()+b.len() > max(int(l.limit), 1) {
		return false
	}
	other, n := b.buf, b.len()
	l.removeNode(place{p.seg, p.i + 1})
	l.edited(p, tight(listpack.Join(slices.Clip(a.buf), other)), n)
	return true
}
