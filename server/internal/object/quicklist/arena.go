package quicklist

import (
	"redline/server/internal/object/listpack"
	"redline/server/internal/slab"
)

// Adopt has the list keep its nodes, but for those at the ends, in an arena. It does nothing if the list has one.
func (l *List) Adopt(a *slab.Arena) {
	if l.arena != nil {
		return
	}
	l.arena = a
	for s := range l.segs {
		for i := range l.segs[s].nodes {
			first, last := s == 0 && i == 0, s == len(l.segs)-1 && i == len(l.segs[s].nodes)-1
			if !first && !last {
				l.seal(place{s, i})
			}
		}
	}
}

// Release gives up to limit nodes back to the arena, from the end, and says whether there are more. The list must not be
// used for anything else afterwards.
func (l *List) Release(limit int) (more bool) {
	for ; limit > 0 && len(l.segs) > 0; limit-- {
		end := l.end()
		l.removeNode(place{end.seg, end.i - 1})
	}
	return len(l.segs) > 0
}

// settle puts a listpack into a block of the arena with room for so many bytes, as the content of a node, and frees the
// block that the node had.
func (l *List) settle(nd *node, lp []byte, room int) {
	h, b := l.arena.Alloc(room)
	l.take(nd, h, b[:copy(b, lp)])
}

// take makes a block the node's, and frees the one that it had.
func (l *List) take(nd *node, h slab.Handle, b []byte) {
	l.mem += int64(cap(b)) - int64(nd.room)
	if nd.block != 0 {
		l.arena.Free(nd.block)
	}
	nd.setMem(b)
	nd.head, nd.block = 0, h
}

// pack packs a node's listpack.
func (l *List) pack(nd *node) {
	lp := nd.buf()
	h, b := l.arena.Alloc(listpack.PackedLen(lp))
	l.take(nd, h, listpack.Pack(b[:0], lp))
	nd.form = packed
}

// unpack returns the node at p, which is to be changed, as a listpack or plain.
func (l *List) unpack(p place) *node {
	nd := l.at(p)
	if nd.form == packed {
		h, b := l.arena.Alloc(listpack.UnpackedLen(nd.buf()))
		l.take(nd, h, listpack.Unpack(b[:0], nd.buf()))
		nd.form = open
	}
	return nd
}
