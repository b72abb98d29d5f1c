package slab

import (
	"encoding/binary"
	"fmt"
)

// Handle addresses a block: the chunk index above, the offset in units of 4
// bytes below. It is less than 1<<40, and 0 stands for none.
type Handle uint64

const (
	wordBytes  = 4
	chunkShift = 20 // words in the largest chunk: 4 MiB
	chunkMask  = 1<<chunkShift - 1
	maxChunks  = 1 << 20

	// unitBytes trades the memory that thinly used classes hold (classes x
	// shards x half a unit) against per-unit bookkeeping (28 bytes).
	unitBytes     = 16 << 10
	unitShift     = 12 // words in a unit
	unitsPerChunk = 1 << (chunkShift - unitShift)

	// defaultChunkBytes: address space costs nothing until touched, and big
	// chunks keep the chunk table in cache (32 bytes a chunk: 8 KiB for 1 GiB)
	// and mmap calls rare. It is the most a handle's offset can address.
	defaultChunkBytes = 4 << 20

	// minChunkBytes holds the longest span.
	minChunkBytes = maxSpanUnits * unitBytes

	// touchBytes is the grain in which resident memory is counted: the page of
	// most systems.
	touchBytes   = 4 << 10
	touchPerUnit = unitBytes / touchBytes

	// freedMark is kept in bytes 4..7 of a freed block, to notice a double free.
	freedMark = 0x5eedf4ee
	// noWord ends a span's list of free blocks.
	noWord = 1<<16 - 1
)

// Compile-time pins of what the handle layout relies on.
const (
	_ = uint(unitBytes - wordBytes<<unitShift)
	_ = uint(wordBytes<<unitShift - unitBytes)
	_ = uint(defaultChunkBytes - wordBytes<<chunkShift)
	_ = uint(wordBytes<<chunkShift - defaultChunkBytes)
	_ = uint(unitsPerChunk - 256)
)

// Options tunes a Slab. The zero value is right for production.
type Options struct {
	// ChunkBytes is the address space taken from the system at a time: a
	// multiple of 128 KiB up to 4 MiB, which is the default.
	ChunkBytes int
	// HugePages asks for transparent huge pages instead of declining them:
	// fewer TLB misses for a large keyspace, at the price of memory.
	HugePages bool
}

// Slab allocates blocks. Use New.
type Slab struct {
	chunks []chunk // by chunk index; the first is never used, so that handle 0 is free
	cur    [classTotal]uint32
	bins   [4][classTotal]uint32 // partial spans by quarter of fill, sparsest first

	chunkBytes int
	hugeMin    int // blocks over this get a mapping of their own
	hugePages  bool
	hint       uint32   // no chunk below this has a free unit
	freeIDs    []uint32 // chunk indexes to use again
	releaseAt  uint32   // chunk where ReleaseEmpty goes on

	n counters
}

// chunk is one mapping. meta is never nil: unused entries share noMeta.
type chunk struct {
	mem  []byte
	meta *chunkMeta
}

// chunkMeta is the bookkeeping of a chunk's units. It holds no pointers.
type chunkMeta struct {
	size   [unitsPerChunk]uint32 // bytes a block in this unit has; 0: no block starts here
	span   [unitsPerChunk]span
	free   [unitsPerChunk / 64]uint64 // bit set: unit in no span
	nfree  uint16
	nunits uint16 // units the chunk has; 0 for a huge block
	maxRun uint16 // no free run is longer than this
}

// span is the state of a span, kept at its first unit; in its other units only
// back and touched are valid. It has 20 bytes: how many units it has follows from
// its class, or from the size of its one block.
type span struct {
	free    uint16 // word of the first free block, noWord if none
	bump    uint16 // word of the first block never used
	used    uint16 // blocks in use
	low     uint16 // used < low: the span belongs in another list
	next    uint32 // neighbours in its list, as unit ids; 0 ends it
	prev    uint32
	class   uint8
	state   uint8 // quarter list 0..3, or one of the states below
	back    uint8 // units from the start of the span to this unit
	touched uint8 // leading 4 KiB pages of this unit that may be resident
}

const (
	stateCurrent = 4 + iota // in Slab.cur; low is 0
	stateFull               // in no list; low is the number of blocks
	stateMoving             // being emptied by Compact; low is 0
	stateLarge              // one block in a run of units
)

// noMeta stands for "no span": looking for a free block in it fails, as does
// freeing one.
var noMeta = func() *chunkMeta {
	m := new(chunkMeta)
	m.span[0] = span{free: noWord, bump: noWord}
	return m
}()

// New returns an empty slab. It maps nothing until the first Alloc.
func New(o Options) *Slab {
	if o.ChunkBytes == 0 {
		o.ChunkBytes = defaultChunkBytes
	}
	if o.ChunkBytes < minChunkBytes || o.ChunkBytes > defaultChunkBytes || o.ChunkBytes%minChunkBytes != 0 {
		panic(fmt.Sprintf("slab: ChunkBytes %d is not a multiple of 128 KiB up to 4 MiB", o.ChunkBytes))
	}
	return &Slab{
		chunks:     []chunk{{meta: noMeta}},
		chunkBytes: o.ChunkBytes,
		// Two blocks over half a chunk never share one: the rest would be
		// address space lost to fragmentation.
		hugeMin:   o.ChunkBytes / 2,
		hugePages: o.HugePages,
		hint:      1,
	}
}

// Alloc returns a block for n bytes, 1 <= n < 1<<31. The slice has length n and
// the block's capacity; its content is undefined. It panics if the system has no
// memory, as the Go heap does.
func (s *Slab) Alloc(n int) (Handle, []byte) {
	if uint(n-1) >= maxSmall {
		return s.allocLarge(n)
	}
	return s.allocClass(classOf(n), n)
}

// AllocPinned returns a block that Compact never moves, aligned to a cache line
// (64 bytes), 1 <= n <= PinnedMax. It is for indexes that are referred to from
// more than one place. Free takes it back.
func (s *Slab) AllocPinned(n int) (Handle, []byte) {
	if uint(n-1) >= PinnedMax {
		panic(fmt.Sprintf("slab: AllocPinned(%d) out of range", n))
	}
	return s.allocClass(pinnedIndex[(n+63)/64], n)
}

func (s *Slab) allocClass(c uint8, n int) (Handle, []byte) {
	cl := &classes[c]
	for {
		id := s.cur[c]
		ck := &s.chunks[id>>8]
		sp := &ck.meta.span[id&255]
		word := uint32(sp.free)
		at := (id&255)<<unitShift + word
		var b []byte
		switch {
		case word != noWord:
			off := at * wordBytes
			b = ck.mem[off : off+cl.bytes : off+cl.bytes]
			sp.free = binary.LittleEndian.Uint16(b)
			if len(b) >= 8 {
				binary.LittleEndian.PutUint32(b[4:], 0) // see freedMark
			}
		case sp.bump < cl.limit:
			at = (id&255)<<unitShift + uint32(sp.bump)
			off := at * wordBytes
			end := off + cl.bytes
			b = ck.mem[off:end:end]
			sp.bump += uint16(cl.words)
			if (off-1)/touchBytes != (end-1)/touchBytes {
				s.touchPages(ck.meta, off/touchBytes, (end-1)/touchBytes)
			}
		default:
			s.nextSpan(c)
			continue
		}
		sp.used++
		s.n.blocks++
		s.n.inBlocks += int64(cl.bytes)
		return Handle(id>>8)<<chunkShift | Handle(at), b[:n]
	}
}

// Bytes returns the whole block of h, with length and capacity equal. A handle
// that was never given out or has been freed gives a panic, an empty slice or
// bytes of another block: it is for handles known to be live.
func (s *Slab) Bytes(h Handle) []byte {
	ck := &s.chunks[h>>chunkShift]
	off := uint32(h&chunkMask) * wordBytes
	end := off + ck.meta.size[h>>unitShift&(unitsPerChunk-1)]
	return ck.mem[off:end:end]
}

// Free takes a block back. It panics if h does not address a block in use, as
// far as that shows: always for handles that are no block's start and for large
// blocks; for a second free of blocks of 8 bytes or more, unless the block has
// been given out again.
func (s *Slab) Free(h Handle) {
	ck := &s.chunks[h>>chunkShift]
	unit := uint32(h>>unitShift) & (unitsPerChunk - 1)
	size := ck.meta.size[unit]
	if size-1 >= maxSmall {
		s.freeLarge(h)
		return
	}
	sp := &ck.meta.span[unit]
	head := unit - uint32(sp.back)
	sp = &ck.meta.span[head&(unitsPerChunk-1)]
	at := uint32(h & chunkMask)
	word := at - head<<unitShift
	cl := &classes[sp.class]
	if _, start := cl.index(word); !start || word >= uint32(sp.bump) || sp.used == 0 {
		panic(fmt.Sprintf("slab: free of %#x: no block in use", uint64(h)))
	}
	off := at * wordBytes
	b := ck.mem[off : off+size]
	if size >= 8 {
		if binary.LittleEndian.Uint32(b[4:]) == freedMark {
			s.checkLive(h, ck, sp, head, word)
		}
		binary.LittleEndian.PutUint32(b[4:], freedMark)
	}
	binary.LittleEndian.PutUint16(b, sp.free)
	sp.free = uint16(word)
	sp.used--
	s.n.blocks--
	s.n.inBlocks -= int64(size)
	if sp.used < sp.low {
		s.refile(uint32(h>>chunkShift)<<8|head, sp)
	}
}

// checkLive panics if word is in the span's free list. Only a block that looks
// freed is checked, as the walk is long.
func (s *Slab) checkLive(h Handle, ck *chunk, sp *span, head, word uint32) {
	for w := uint32(sp.free); w != noWord; {
		if w == word {
			panic(fmt.Sprintf("slab: double free of %#x", uint64(h)))
		}
		w = uint32(binary.LittleEndian.Uint16(ck.mem[(head<<unitShift+w)*wordBytes:]))
	}
}

// Close unmaps everything. The slab must not be used afterwards.
func (s *Slab) Close() {
	for i := range s.chunks {
		if s.chunks[i].mem != nil {
			unmapBytes(s.chunks[i].mem)
		}
	}
	*s = Slab{}
}
