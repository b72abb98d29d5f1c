package expire

import (
	"encoding/binary"
	"math/bits"
	"unsafe"

	"redline/server/internal/slab"
)

// Entries are kept in chunks of one cache line:
//
//	| next chunk 4 | hash 5 | hash 5 | ... 12 hashes |
//
// 5.33 bytes an entry, and half a chunk of slack for each bucket in use. Chunks
// come in pages of 4 KiB that are blocks of the shard's slab, off the Go heap: a
// million entries that come and go leave no garbage and no headroom behind, and
// count as what they take. A page of free chunks goes back to the slab.
const (
	chunkBytes    = 64
	hashBytes     = 5
	hashesAt      = 4
	chunkHashes   = (chunkBytes - hashesAt) / hashBytes
	pageChunks    = 64 // one word of free bits
	pageSizeBytes = pageChunks * chunkBytes

	// keptPages: an empty wheel that had more drops its page table.
	keptPages = 64
)

const (
	_ = uint(chunkBytes - hashesAt - chunkHashes*hashBytes)
	_ = uint(hashesAt + chunkHashes*hashBytes - chunkBytes)
	_ = uint(slab.PinnedMax - pageSizeBytes)
)

// list is a stack of hashes. All chunks but the first are full.
type list struct {
	head  uint32 // chunk id: page << 6 | chunk in page; 0 if count is 0
	count uint32
}

// page is a block of chunks. Page 0 does not exist, so that chunk id 0 is free.
type page struct {
	data       *[pageSizeBytes]byte // the block's bytes; nil: given back, to be used again
	block      slab.Handle
	free       uint64 // bit set: chunk free
	next, prev uint32 // in the list of pages with free chunks
}

// pool hands out chunks.
type pool struct {
	slab  *slab.Slab
	pages []page
	avail uint32   // first page with free chunks; 0: none
	gone  []uint32 // pages without data
	live  int      // pages with data
}

func (p *pool) bytes() int64 {
	return int64(p.live)*pageSizeBytes + int64(cap(p.pages))*int64(unsafe.Sizeof(page{})) + int64(cap(p.gone))*4
}

func (p *pool) chunk(id uint32) *[chunkBytes]byte {
	return (*[chunkBytes]byte)(p.pages[id/pageChunks].data[id%pageChunks*chunkBytes:])
}

func (p *pool) take() uint32 {
	if p.avail == 0 {
		p.grow()
	}
	at := p.avail
	pg := &p.pages[at]
	i := uint32(bits.TrailingZeros64(pg.free))
	if pg.free &= pg.free - 1; pg.free == 0 {
		p.unlink(at)
	}
	return at*pageChunks + i
}

func (p *pool) give(id uint32) {
	at := id / pageChunks
	pg := &p.pages[at]
	if pg.free == 0 {
		p.link(at)
	}
	pg.free |= 1 << (id % pageChunks)
	// One page with room is kept, so that a wheel with few entries does not
	// take and drop a page for each.
	if pg.free == 1<<pageChunks-1 && (p.avail != at || pg.next != 0) {
		p.unlink(at)
		p.slab.Free(pg.block)
		pg.data = nil
		p.live--
		p.gone = append(p.gone, at)
	}
}

// reset gives all pages back and drops the page table.
func (p *pool) reset() {
	for i := range p.pages {
		if p.pages[i].data != nil {
			p.slab.Free(p.pages[i].block)
		}
	}
	*p = pool{slab: p.slab}
}

func (p *pool) grow() {
	if len(p.pages) == 0 {
		p.pages = make([]page, 1, 4)
	}
	var at uint32
	if k := len(p.gone); k > 0 {
		at = p.gone[k-1]
		p.gone = p.gone[:k-1]
	} else {
		at = uint32(len(p.pages))
		p.pages = append(p.pages, page{})
	}
	h, b := p.slab.AllocPinned(pageSizeBytes)
	p.pages[at] = page{data: (*[pageSizeBytes]byte)(b), block: h, free: 1<<pageChunks - 1}
	p.live++
	p.link(at)
}

func (p *pool) link(at uint32) {
	pg := &p.pages[at]
	pg.prev, pg.next = 0, p.avail
	if p.avail != 0 {
		p.pages[p.avail].prev = at
	}
	p.avail = at
}

func (p *pool) unlink(at uint32) {
	pg := &p.pages[at]
	if pg.prev != 0 {
		p.pages[pg.prev].next = pg.next
	} else {
		p.avail = pg.next
	}
	if pg.next != 0 {
		p.pages[pg.next].prev = pg.prev
	}
}

func (p *pool) push(l *list, hash uint64) {
	i := l.count % chunkHashes
	if i == 0 {
		id := p.take()
		binary.LittleEndian.PutUint32(p.chunk(id)[:], l.head)
		l.head = id
	}
	putHash(p.chunk(l.head), i, hash)
	l.count++
}

func (p *pool) pop(l *list) uint64 {
	l.count--
	i := l.count % chunkHashes
	c := p.chunk(l.head)
	hash := getHash(c, i)
	if i == 0 {
		next := binary.LittleEndian.Uint32(c[:])
		p.give(l.head)
		l.head = next
	}
	return hash
}

// peek copies what pop returns next, as far as it is in the first chunk.
func (p *pool) peek(l *list, to []uint64) int {
	last := (l.count - 1) % chunkHashes
	c := p.chunk(l.head)
	n := min(len(to), int(last)+1)
	for i := range to[:n] {
		to[i] = getHash(c, last-uint32(i))
	}
	return n
}

// next returns the chunk after id, 0 if it is the last.
func (p *pool) next(id uint32) uint32 { return binary.LittleEndian.Uint32(p.chunk(id)[:]) }

func putHash(c *[chunkBytes]byte, i uint32, hash uint64) {
	b := c[hashesAt+i*hashBytes:][:hashBytes]
	binary.LittleEndian.PutUint32(b, uint32(hash))
	b[4] = byte(hash >> 32)
}

func getHash(c *[chunkBytes]byte, i uint32) uint64 {
	b := c[hashesAt+i*hashBytes:][:hashBytes]
	return uint64(binary.LittleEndian.Uint32(b)) | uint64(b[4])<<32
}
