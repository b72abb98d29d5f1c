package quicklist

import "redline/server/internal/slab"

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
	b = b[:copy(b, lp)]
	l.mem += int64(cap(b)) - int64(nd.room)
	if nd.block != 0 {
		l.arena.Free(nd.block)
	}
	nd.setMem(b)
	nd.head, nd.block = 0, h
}
