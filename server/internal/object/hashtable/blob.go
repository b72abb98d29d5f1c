package hashtable

import "encoding/binary"

const (
	blobHeader = 8 // id, length
	// blobBlockMax bounds the copying that the emptying of a block takes: 256 KiB are some 20 microseconds.
	blobBlockMax = 256 << 10
	// blobAlone is the size from which a blob has a block of its own.
	blobAlone = 64 << 10
	// blobBlockMin: one page; smaller tables with one long value are common.
	blobBlockMin = 4 << 10
)

// blobs holds long keys and values. Each has an id that stays, and lies with its id and length in a block that it shares
// with others. A block of which a third is dead is emptied into the current one, so all blocks stay two thirds full and
// the copying is twice the dying at most.
type blobs struct {
	loc     []uint64 // by id: block<<32 | offset; of a free id: the next free one
	freeID  uint32   // first free id + 1
	blocks  []blobBlock
	freeBlk []uint32 // indexes of blocks given back
	cur     uint32   // the block that is being filled, if filling
	filling bool
	live    int   // blobs
	bytes   int64 // of all blocks
}

type blobBlock struct {
	mem  []byte // nil: given back
	used uint32 // bytes handed out, dead ones included
	dead uint32
}

func blobSize(n int) int { return (blobHeader + n + 7) &^ 7 }

// add stores data and returns its id.
func (s *blobs) add(data []byte) uint32 {
	var id uint32
	if s.freeID != 0 {
		id = s.freeID - 1
		s.freeID = uint32(s.loc[id])
	} else {
		id = uint32(len(s.loc))
		s.loc = append(s.loc, 0)
	}
	copy(s.place(id, len(data)), data)
	s.live++
	return id
}

// place gives a blob of n bytes a home and returns its memory.
func (s *blobs) place(id uint32, n int) []byte {
	size := blobSize(n)
	b := s.cur
	switch {
	case size >= blobAlone:
		b = s.newBlock(size)
	case !s.filling || len(s.blocks[b].mem)-int(s.blocks[b].used) < size:
		s.retire()
		want := min(max(int(s.bytes/4)&^(blobBlockMin-1), blobBlockMin), blobBlockMax)
		b = s.newBlock(max(want, (size+blobBlockMin-1)&^(blobBlockMin-1)))
		s.cur, s.filling = b, true
	}
	blk := &s.blocks[b]
	at := int(blk.used)
	blk.used += uint32(size)
	s.loc[id] = uint64(b)<<32 | uint64(at)
	binary.LittleEndian.PutUint32(blk.mem[at:], id)
	binary.LittleEndian.PutUint32(blk.mem[at+4:], uint32(n))
	return blk.mem[at+blobHeader : at+blobHeader+n]
}

// retire ends the filling of the current block: what is left of it counts as dead.
func (s *blobs) retire() {
	if s.filling {
		blk := &s.blocks[s.cur]
		blk.dead += uint32(len(blk.mem)) - blk.used
		s.filling = false
	}
}

func (s *blobs) newBlock(n int) uint32 {
	blk := blobBlock{mem: make([]byte, n)}
	s.bytes += int64(n)
	if k := len(s.freeBlk); k > 0 {
		b := s.freeBlk[k-1]
		s.freeBlk = s.freeBlk[:k-1]
		s.blocks[b] = blk
		return b
	}
	s.blocks = append(s.blocks, blk)
	return uint32(len(s.blocks) - 1)
}

// get returns a blob's bytes.
func (s *blobs) get(id uint32) []byte {
	l := s.loc[id]
	mem := s.blocks[l>>32].mem[uint32(l):]
	n := binary.LittleEndian.Uint32(mem[4:])
	return mem[blobHeader : blobHeader+n : blobHeader+n]
}

// set replaces a blob's bytes and keeps its id.
func (s *blobs) set(id uint32, data []byte) {
	l := s.loc[id]
	mem := s.blocks[l>>32].mem[uint32(l):]
	if old := int(binary.LittleEndian.Uint32(mem[4:])); blobSize(old) == blobSize(len(data)) {
		binary.LittleEndian.PutUint32(mem[4:], uint32(len(data)))
		copy(mem[blobHeader:], data)
		return
	}
	copy(s.place(id, len(data)), data)
	s.bury(l)
}

// drop frees a blob and its id.
func (s *blobs) drop(id uint32) {
	if s.live--; s.live == 0 {
		*s = blobs{}
		return
	}
	l := s.loc[id]
	s.loc[id] = uint64(s.freeID)
	s.freeID = id + 1
	s.bury(l)
}

// bury counts the bytes at l as dead and gives the block back when they were the last, or empties it when they are many.
func (s *blobs) bury(l uint64) {
	b := uint32(l >> 32)
	blk := &s.blocks[b]
	blk.dead += uint32(blobSize(int(binary.LittleEndian.Uint32(blk.mem[uint32(l)+4:]))))
	// A dead blob is told by its id: nothing else has this one.
	binary.LittleEndian.PutUint32(blk.mem[uint32(l):], ^uint32(0))
	if s.filling && b == s.cur {
		if blk.dead == blk.used {
			blk.dead, blk.used = 0, 0
		}
		if int(blk.dead) <= len(blk.mem)/3 {
			return
		}
		s.retire()
	}
	if int(blk.dead) > len(blk.mem)/3 {
		s.emptyBlock(b)
	}
}

// emptyBlock moves what lives in a block elsewhere and gives the block back.
func (s *blobs) emptyBlock(b uint32) {
	mem := s.blocks[b].mem
	for at, used := 0, int(s.blocks[b].used); at < used; {
		id := binary.LittleEndian.Uint32(mem[at:])
		n := int(binary.LittleEndian.Uint32(mem[at+4:]))
		if id != ^uint32(0) {
			copy(s.place(id, n), mem[at+blobHeader:at+blobHeader+n])
		}
		at += blobSize(n)
	}
	s.bytes -= int64(len(mem))
	s.blocks[b] = blobBlock{}
	s.freeBlk = append(s.freeBlk, b)
}

func (s *blobs) memBytes() int64 {
	return s.bytes + int64(cap(s.loc))*8 + int64(cap(s.blocks))*32 + int64(cap(s.freeBlk))*4
}

func (s *blobs) clone() blobs {
	c := *s
	c.loc = append([]uint64(nil), s.loc...)
	c.blocks = append([]blobBlock(nil), s.blocks...)
	for i := range c.blocks {
		if c.blocks[i].mem != nil {
			c.blocks[i].mem = append([]byte(nil), c.blocks[i].mem...)
		}
	}
	c.freeBlk = append([]uint32(nil), s.freeBlk...)
	return c
}
