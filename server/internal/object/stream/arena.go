package stream

import "redline/server/internal/slab"

// node is a listpack of entries.
type node struct {
	lp    []byte
	block slab.Handle // of the arena, in which lp lies; 0: it is on the Go heap
}

func (s *Stream) lp(p place) []byte { return s.nodes.val(p).lp }

// Adopt has the stream keep its nodes, but for the last, in an arena. It does nothing if the stream has one.
func (s *Stream) Adopt(a *slab.Arena) {
	if s.arena != nil {
		return
	}
	s.arena = a
	last, _ := s.nodes.last()
	for p := (place{}); s.nodes.ok(p) && p != last; p = s.nodes.next(p) {
		n := s.nodes.val(p)
		s.settle(n, n.lp, len(n.lp))
	}
}

// Release gives up to limit nodes back to the arena, from the end, and says whether there are more. The stream must not
// be used for anything else afterwards.
func (s *Stream) Release(limit int) (more bool) {
	for ; limit > 0; limit-- {
		p, ok := s.nodes.last()
		if !ok {
			return false
		}
		s.removeNode(p)
	}
	return s.nodes.n > 0
}

// settle puts a listpack into a block of the arena with room for so many bytes, as the content of a node, and frees the
// block that the node had.
func (s *Stream) settle(n *node, lp []byte, room int) {
	h, b := s.arena.Alloc(room)
	b = b[:copy(b, lp)]
	s.mem += int64(cap(b)) - int64(cap(n.lp))
	if n.block != 0 {
		s.arena.Free(n.block)
	}
	n.lp, n.block = b, h
}
