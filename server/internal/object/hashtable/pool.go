package hashtable

import "math/bits"

const (
	chunkBytes = 2 << 10
	blockShift = 5 // chunks of the largest block: 64 KiB, so that a block costs little to get and little to give back
	blockMax   = 1 << blockShift

	// freeSlack is how many chunks may be free, beside an eighth of all, before the last block is emptied into them.
	freeSlack = 16
	// movesMax bounds the chunks moved in one step: 8 x 2 KiB take a microsecond.
	movesMax = 8
)

// chunkID is a block's index above and the chunk's place in the block in the low blockShift bits.
type chunkID uint32

// pool hands out chunks. The lowest free one is taken, so that the last block tends to become empty; when much is free,
// the last block's chunks are moved down and it is given back.
type pool struct {
	blocks [][]byte
	free   []uint32 // bit set: chunk of that block is free
	owner  []uint32 // by chunkID: the segment that uses it
	low    int      // no block below this has a free chunk
	nfree  int
	chunks int // in all blocks
}

// blockChunks are the block sizes in use, in chunks: those that the Go heap's size classes hold without waste.
var blockChunks = [...]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 24, 28, 32}

// nextBlock returns the size of the next block: a quarter of what there is, so that a small table wastes little and a
// large one has few blocks.
func (p *pool) nextBlock() int {
	n := 1
	for _, c := range blockChunks {
		if c <= p.chunks/4 {
			n = c
		}
	}
	return n
}

// bytes returns a chunk's memory.
func (p *pool) bytes(id chunkID) []byte {
	at := int(id&(blockMax-1)) * chunkBytes
	return p.blocks[id>>blockShift][at : at+chunkBytes : at+chunkBytes]
}

// alloc returns a chunk of undefined content.
func (p *pool) alloc(owner uint32) chunkID {
	for ; p.low < len(p.free); p.low++ {
		if m := p.free[p.low]; m != 0 {
			i := bits.TrailingZeros32(m)
			p.free[p.low] = m &^ (1 << i)
			p.nfree--
			id := chunkID(p.low<<blockShift | i)
			p.owner[id] = owner
			return id
		}
	}
	n := p.nextBlock()
	p.blocks = append(p.blocks, make([]byte, n*chunkBytes))
	p.free = append(p.free, uint32(1<<n-1))
	p.owner = append(p.owner, make([]uint32, blockMax)...)
	p.chunks += n
	p.nfree += n
	return p.alloc(owner)
}

func (p *pool) release(id chunkID) {
	b := int(id >> blockShift)
	p.free[b] |= 1 << (id & (blockMax - 1))
	p.low = min(p.low, b)
	p.nfree++
}

// sparse says whether the last block should be emptied.
func (p *pool) sparse() bool {
	n := len(p.blocks)
	if n == 0 {
		return false
	}
	last := len(p.blocks[n-1]) / chunkBytes
	return p.nfree >= last+min(freeSlack, last)+p.chunks/8
}

// dropEmpty gives the last block back if all of it is free, and says so.
func (p *pool) dropEmpty() bool {
	b := len(p.blocks) - 1
	n := len(p.blocks[b]) / chunkBytes
	if p.free[b] != uint32(1<<n-1) {
		return false
	}
	p.blocks[b] = nil
	p.blocks, p.free, p.owner = p.blocks[:b], p.free[:b], p.owner[:b<<blockShift]
	p.low = min(p.low, b)
	p.chunks -= n
	p.nfree -= n
	return true
}

// lastUsed returns a chunk in use of the last block, which has one.
func (p *pool) lastUsed() chunkID {
	b := len(p.blocks) - 1
	n := len(p.blocks[b]) / chunkBytes
	return chunkID(b<<blockShift | bits.TrailingZeros32(^p.free[b]&uint32(1<<n-1)))
}

// memBytes returns the memory of blocks and bookkeeping.
func (p *pool) memBytes() int64 {
	return int64(p.chunks)*chunkBytes + int64(cap(p.blocks))*24 + int64(cap(p.free)+cap(p.owner))*4
}

func (p *pool) clone() pool {
	c := *p
	c.blocks = make([][]byte, len(p.blocks))
	for i, b := range p.blocks {
		c.blocks[i] = append([]byte(nil), b...)
	}
	c.free = append([]uint32(nil), p.free...)
	c.owner = append([]uint32(nil), p.owner...)
	return c
}
