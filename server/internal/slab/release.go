package slab

import (
	"encoding/binary"
	"unsafe"
)

// counters are kept up to date by every operation.
type counters struct {
	blocks, large  int64
	inBlocks       int64 // capacity of blocks in use
	resident, idle int64 // touched bytes; the part of them in free units
	mapped         int64
	spans, full    int64 // spans of size classes; those with no free block
	idleUnits      int64 // touched free units
	chunks         int64
}

// Stats are exact figures, kept as blocks come and go.
type Stats struct {
	Blocks        int64 // blocks in use
	LargeBlocks   int64 // those of them over 32 KiB
	BytesInBlocks int64 // their capacities
	BytesResident int64 // memory touched and not given back, in pages of 4 KiB
	BytesIdle     int64 // the part of BytesResident that ReleaseEmpty can give back
	BytesMapped   int64 // address space
	BytesHeap     int64 // bookkeeping on the Go heap
	SpansEmpty    int64 // touched free units of 16 KiB
	SpansPartial  int64
	SpansFull     int64
}

// InBlocks returns Stats().BytesInBlocks.
func (s *Slab) InBlocks() int64 { return s.n.inBlocks }

// Stats returns the current figures in constant time.
func (s *Slab) Stats() Stats {
	return Stats{
		Blocks:        s.n.blocks,
		LargeBlocks:   s.n.large,
		BytesInBlocks: s.n.inBlocks,
		BytesResident: s.n.resident,
		BytesIdle:     s.n.idle,
		BytesMapped:   s.n.mapped,
		BytesHeap: int64(unsafe.Sizeof(*s)) + s.n.chunks*int64(unsafe.Sizeof(chunkMeta{})) +
			int64(cap(s.chunks))*int64(unsafe.Sizeof(chunk{})) + int64(cap(s.freeIDs))*4,
		SpansEmpty:   s.n.idleUnits,
		SpansPartial: s.n.spans - s.n.full,
		SpansFull:    s.n.full,
	}
}

// ReleaseEmpty gives up to maxSpans free units of 16 KiB back to the operating
// system, unmaps chunks that are free as a whole, and returns the resident bytes
// released. A result of 0 means that nothing is left to give back.
func (s *Slab) ReleaseEmpty(maxSpans int) int {
	before := s.n.resident
	for c := range s.cur {
		if id := s.cur[c]; id != 0 && s.spanAt(id).used == 0 {
			s.cur[c] = 0
			s.file(id, s.spanAt(id))
		}
	}
	budget := maxSpans
	for range s.chunks {
		if s.n.idleUnits == 0 || budget <= 0 {
			break
		}
		if s.releaseAt == 0 || s.releaseAt >= uint32(len(s.chunks)) {
			s.releaseAt = uint32(len(s.chunks)) - 1
		}
		done := true
		budget, done = s.releaseChunk(s.releaseAt, budget)
		if done {
			s.releaseAt-- // downwards: allocation goes on from below
		}
	}
	return int(before - s.n.resident)
}

// releaseChunk releases touched free units of a chunk within the budget, and
// reports what is left of the budget and whether the chunk is done.
func (s *Slab) releaseChunk(index uint32, budget int) (int, bool) {
	ck := &s.chunks[index]
	m := ck.meta
	for u := m.nextFree(0); u < unitsPerChunk; {
		if m.span[u].touched == 0 {
			u = m.nextFree(u + 1)
			continue
		}
		if budget == 0 {
			return 0, false
		}
		end := u + 1
		for end < m.nextUsed(u) && m.span[end].touched != 0 && int(end-u) < budget {
			end++
		}
		budget -= int(end - u)
		s.releaseRun(ck, u, end)
		u = m.nextFree(end)
	}
	// One empty chunk is kept mapped: a slab that breathes does not map and
	// unmap at every breath.
	if m.nunits != 0 && m.nfree == m.nunits && s.n.chunks > 1 && (m.untouched() || !releasable) {
		s.forgetIdle(m)
		s.dropChunk(index)
	}
	return budget, true
}

// forgetIdle takes the touched units of a chunk about to be dropped out of the
// figures.
func (s *Slab) forgetIdle(m *chunkMeta) {
	for u := range m.nunits {
		if t := m.span[u].touched; t != 0 {
			s.n.resident -= int64(t) * touchBytes
			s.n.idle -= int64(t) * touchBytes
			s.n.idleUnits--
		}
	}
}

func (m *chunkMeta) untouched() bool {
	for u := range m.nunits {
		if m.span[u].touched != 0 {
			return false
		}
	}
	return true
}

// releaseRun gives free units [u, end) back, as far as they cover whole pages of
// the system.
func (s *Slab) releaseRun(ck *chunk, u, end uint32) {
	page := pageBytes()
	from := roundUp(int(u)*unitBytes, page)
	to := int(end) * unitBytes / page * page
	if from >= to || !releaseBytes(ck.mem[from:to]) {
		return
	}
	for ; u < end; u++ {
		sp := &ck.meta.span[u]
		if int(u)*unitBytes < from || int(u+1)*unitBytes > to {
			continue
		}
		bytes := int64(sp.touched) * touchBytes
		s.n.resident -= bytes
		s.n.idle -= bytes
		s.n.idleUnits--
		sp.touched = 0
	}
}

// Compact empties sparse spans by moving their blocks into fuller ones of the
// same class, and stops after maxBlocks moves, or after one for which move
// returned false. It calls move while both blocks are valid and hold the same
// bytes; move must make the one reference to old refer to new, and must not call
// the slab except for Bytes. The old block is freed afterwards. more tells that a
// further call would move blocks; it is false once every class has its spans at
// least three quarters full, but for what fits nowhere else. Large and pinned
// blocks stay where they are.
func (s *Slab) Compact(maxBlocks int, move func(old, new Handle) bool) (moved int, more bool) {
	for ok := true; ; {
		id := s.sparsest()
		if id == 0 {
			return moved, false
		}
		if !ok || moved >= maxBlocks {
			return moved, true
		}
		var n int
		n, ok = s.evacuate(id, maxBlocks-moved, move)
		moved += n
	}
}

// sparsest returns a span worth emptying, 0 if there is none.
func (s *Slab) sparsest() uint32 {
	for q := range 3 {
		for c := range uint8(movable) {
			if id := s.bins[q][c]; id != 0 && s.canAbsorb(c, id) {
				return id
			}
		}
	}
	return 0
}

// absorbWalk bounds the search for room: spans of the fullest quarter have one
// free block in 8 on average, so that many take in any sparse span.
const absorbWalk = 64

// canAbsorb tells whether the other spans of class c have room for all blocks of
// span id, so that emptying it never takes a new span.
func (s *Slab) canAbsorb(c uint8, id uint32) bool {
	need := int(s.spanAt(id).used)
	blocks := int(classes[c].blocks)
	if cur := s.cur[c]; cur != 0 {
		need -= blocks - int(s.spanAt(cur).used)
	}
	walk := absorbWalk
	for q := 3; q >= 0; q-- {
		for other := s.bins[q][c]; other != 0 && need > 0 && walk > 0; walk-- {
			sp := s.spanAt(other)
			if other != id {
				need -= blocks - int(sp.used)
			}
			other = sp.next
		}
	}
	return need <= 0
}

// evacuate moves up to maxBlocks blocks out of span id. ok is false if move was.
func (s *Slab) evacuate(id uint32, maxBlocks int, move func(old, new Handle) bool) (moved int, ok bool) {
	sp := s.spanAt(id)
	s.unlink(id, sp)
	sp.state, sp.low = stateMoving, 0
	cl := &classes[sp.class]
	base := Handle(id>>8)<<chunkShift | Handle(id&255)<<unitShift
	var isFree [unitBytes / wordBytes / 64]uint64 // a span of the smallest class has the most blocks
	mem := s.chunks[id>>8].mem[(id&255)*unitBytes:]
	for w := uint32(sp.free); w != noWord; w = uint32(binary.LittleEndian.Uint16(mem[w*wordBytes:])) {
		i, _ := cl.index(w)
		isFree[i/64] |= 1 << (i % 64)
	}
	ok = true
	for i := uint32(0); i*cl.words < uint32(sp.bump) && moved < maxBlocks && ok; i++ {
		if isFree[i/64]>>(i%64)&1 == 1 {
			continue
		}
		old := base + Handle(i*cl.words)
		h, b := s.allocClass(sp.class, int(cl.bytes))
		copy(b, s.Bytes(old))
		ok = move(old, h)
		s.Free(old)
		moved++
	}
	s.file(id, sp)
	return moved, ok
}
