package slab

import (
	"fmt"
	"math/bits"
)

// A unit id is the chunk index and the unit's number in it: index<<8 | unit. A
// span is known by the id of its first unit.

func (s *Slab) spanAt(id uint32) *span { return &s.chunks[id>>8].meta.span[id&255] }

// nextSpan makes a span with a free block the current one of class c: the
// fullest partial one, or else a new one. The current one is full.
func (s *Slab) nextSpan(c uint8) {
	if id := s.cur[c]; id != 0 {
		s.setFull(s.spanAt(id))
	}
	for q := 3; q >= 0; q-- {
		if id := s.bins[q][c]; id != 0 {
			sp := s.spanAt(id)
			s.unlink(id, sp)
			s.setCurrent(c, id, sp)
			return
		}
	}
	id := s.newSpan(c)
	s.setCurrent(c, id, s.spanAt(id))
}

func (s *Slab) setCurrent(c uint8, id uint32, sp *span) {
	sp.state, sp.low = stateCurrent, 0
	s.cur[c] = id
}

func (s *Slab) setFull(sp *span) {
	sp.state, sp.low = stateFull, classes[sp.class].blocks
	s.n.full++
}

// newSpan takes units for a span of class c.
func (s *Slab) newSpan(c uint8) uint32 {
	cl := &classes[c]
	units := uint32(cl.units)
	id := s.takeUnits(units)
	m, first := s.chunks[id>>8].meta, id&255
	for i := range units {
		m.size[first+i] = cl.bytes
		m.span[first+i].back = uint8(i)
	}
	sp := &m.span[first]
	*sp = span{free: noWord, class: c, touched: sp.touched}
	s.n.spans++
	return id
}

// refile moves a span whose used count fell below its mark to the list where it
// belongs, or returns its units if it is empty.
func (s *Slab) refile(id uint32, sp *span) {
	switch sp.state {
	case stateFull:
		s.n.full--
	default:
		s.unlink(id, sp)
	}
	s.file(id, sp)
}

// file puts a span that is in no list into the right one.
func (s *Slab) file(id uint32, sp *span) {
	if sp.used == 0 {
		s.n.spans--
		s.giveUnits(id, uint32(classes[sp.class].units))
		return
	}
	cl := &classes[sp.class]
	q := cl.quarter(sp.used)
	sp.state, sp.low = q, cl.lowMark(q)
	if q == 0 {
		sp.low = 1
	}
	head := &s.bins[q][sp.class]
	sp.prev, sp.next = 0, *head
	if *head != 0 {
		s.spanAt(*head).prev = id
	}
	*head = id
}

// unlink takes a span out of its quarter list.
func (s *Slab) unlink(id uint32, sp *span) {
	if sp.prev != 0 {
		s.spanAt(sp.prev).next = sp.next
	} else {
		s.bins[sp.state][sp.class] = sp.next
	}
	if sp.next != 0 {
		s.spanAt(sp.next).prev = sp.prev
	}
	sp.next, sp.prev = 0, 0
}

// touch records that the first pages of a unit may be resident from now on.
func (s *Slab) touch(sp *span, pages uint8) {
	if sp.touched < pages {
		s.n.resident += int64(pages-sp.touched) * touchBytes
		sp.touched = pages
	}
}

// touchPages records that pages [from, to] of a chunk may be resident. Those
// before them in the same unit already are: spans fill upwards.
func (s *Slab) touchPages(m *chunkMeta, from, to uint32) {
	for p := from; p <= to; p++ {
		s.touch(&m.span[p/touchPerUnit&(unitsPerChunk-1)], uint8(p%touchPerUnit)+1)
	}
}

// takeUnits takes a run of free units, lowest address first: high chunks drain.
func (s *Slab) takeUnits(units uint32) uint32 {
	for i := s.hint; i < uint32(len(s.chunks)); i++ {
		m := s.chunks[i].meta
		if m.nfree == 0 && i == s.hint {
			s.hint++
			continue
		}
		if uint32(m.maxRun) < units {
			continue
		}
		if first, ok := m.findRun(units); ok {
			return s.takeRun(i, first, units)
		}
	}
	return s.takeRun(s.mapChunk(), 0, units)
}

func (s *Slab) takeRun(index, first, units uint32) uint32 {
	m := s.chunks[index].meta
	for u := first; u < first+units; u++ {
		m.free[u/64] &^= 1 << (u % 64)
		if m.span[u].touched != 0 {
			s.n.idle -= int64(m.span[u].touched) * touchBytes
			s.n.idleUnits--
		}
	}
	m.nfree -= uint16(units)
	return index<<8 | first
}

// giveUnits returns a span's units to its chunk. They stay resident.
func (s *Slab) giveUnits(id, units uint32) {
	index, first := id>>8, id&255
	m := s.chunks[index].meta
	for u := first; u < first+units; u++ {
		m.size[u] = 0
		m.free[u/64] |= 1 << (u % 64)
		m.span[u] = span{touched: m.span[u].touched}
		if m.span[u].touched != 0 {
			s.n.idle += int64(m.span[u].touched) * touchBytes
			s.n.idleUnits++
		}
	}
	m.nfree += uint16(units)
	m.maxRun = m.nfree
	s.hint = min(s.hint, index)
}

// findRun returns the first run of that many free units. If there is none it
// lowers maxRun, so that the chunk is passed over until units are freed in it.
func (m *chunkMeta) findRun(units uint32) (uint32, bool) {
	best := uint32(0)
	for u := m.nextFree(0); u < unitsPerChunk; {
		end := m.nextUsed(u)
		if end-u >= units {
			return u, true
		}
		best = max(best, end-u)
		u = m.nextFree(end)
	}
	m.maxRun = uint16(best)
	return 0, false
}

// nextFree returns the first free unit at or after u, unitsPerChunk if none.
func (m *chunkMeta) nextFree(u uint32) uint32 { return m.nextBit(u, 0) }

// nextUsed returns the first unit in use at or after u, unitsPerChunk if none.
func (m *chunkMeta) nextUsed(u uint32) uint32 { return m.nextBit(u, ^uint64(0)) }

func (m *chunkMeta) nextBit(u uint32, flip uint64) uint32 {
	for u < unitsPerChunk {
		if w := (m.free[u/64] ^ flip) >> (u % 64); w != 0 {
			return u + uint32(bits.TrailingZeros64(w))
		}
		u = (u/64 + 1) * 64
	}
	return unitsPerChunk
}

// mapChunk maps a new chunk and returns its index.
func (s *Slab) mapChunk() uint32 {
	units := s.chunkBytes / unitBytes
	m := &chunkMeta{nfree: uint16(units), nunits: uint16(units), maxRun: uint16(units)}
	for u := range units {
		m.free[u/64] |= 1 << (u % 64)
	}
	index := s.addChunk(chunk{mem: mapBytes(s.chunkBytes, s.hugePages), meta: m})
	s.hint = min(s.hint, index)
	return index
}

func (s *Slab) addChunk(c chunk) uint32 {
	s.n.mapped += int64(len(c.mem))
	s.n.chunks++
	if k := len(s.freeIDs); k > 0 {
		index := s.freeIDs[k-1]
		s.freeIDs = s.freeIDs[:k-1]
		s.chunks[index] = c
		return index
	}
	if len(s.chunks) == maxChunks {
		panic("slab: out of handles (4 TiB mapped)")
	}
	s.chunks = append(s.chunks, c)
	return uint32(len(s.chunks) - 1)
}

func (s *Slab) dropChunk(index uint32) {
	c := &s.chunks[index]
	s.n.mapped -= int64(len(c.mem))
	s.n.chunks--
	unmapBytes(c.mem)
	*c = chunk{meta: noMeta}
	s.freeIDs = append(s.freeIDs, index)
}

// allocLarge serves blocks over maxSmall.
func (s *Slab) allocLarge(n int) (Handle, []byte) {
	if uint(n-1) >= 1<<31-1 {
		panic(fmt.Sprintf("slab: Alloc(%d) out of range", n))
	}
	size := s.Cap(n)
	var index, first uint32
	if n > s.hugeMin {
		index = s.addChunk(chunk{mem: mapBytes(size, s.hugePages), meta: new(chunkMeta)})
		s.n.resident += int64(size)
	} else {
		units := unitsOf(size)
		id := s.takeUnits(units)
		index, first = id>>8, id&255
		m := s.chunks[index].meta
		pages := size / touchBytes
		for u := first; u < first+units; u++ {
			s.touch(&m.span[u], uint8(min(pages, touchPerUnit)))
			pages -= min(pages, touchPerUnit)
		}
		sp := &m.span[first]
		*sp = span{state: stateLarge, used: 1, touched: sp.touched}
	}
	ck := &s.chunks[index]
	ck.meta.size[first] = uint32(size)
	s.n.blocks++
	s.n.large++
	s.n.inBlocks += int64(size)
	off := int(first) * unitBytes
	return Handle(index)<<chunkShift | Handle(first)<<unitShift, ck.mem[off : off+n : off+size]
}

// unitsOf is how many units a large block takes.
func unitsOf(size int) uint32 { return uint32(roundUp(size, unitBytes) / unitBytes) }

// freeLarge takes back what allocLarge gave, and panics for what is no block.
func (s *Slab) freeLarge(h Handle) {
	index := uint32(h >> chunkShift)
	first := uint32(h>>unitShift) & (unitsPerChunk - 1)
	m := s.chunks[index].meta
	size := int64(m.size[first])
	if size == 0 || uint32(h&chunkMask) != first<<unitShift {
		panic(fmt.Sprintf("slab: free of %#x: no block in use", uint64(h)))
	}
	s.n.blocks--
	s.n.large--
	s.n.inBlocks -= size
	if m.nunits == 0 {
		s.n.resident -= size
		s.dropChunk(index)
		return
	}
	s.giveUnits(index<<8|first, unitsOf(int(size)))
}
