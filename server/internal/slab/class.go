package slab

const (
	// maxSmall is the largest block that comes from a span of its class.
	maxSmall = 32 << 10

	// linearClasses are spaced 4 bytes up to 128: small keys dominate memory,
	// and 4 bytes is what a handle can address.
	linearClasses = 32
	// Above that 16 a doubling (waste <= 5.6 %): values of a few KiB are what caches
	// hold, and with 8 fewer of them fit into maxmemory than in Redis. From 4 to
	// 8 KiB, where the nodes of lists are, 32 (<= 2.8 %).
	doublingClasses = 16
	nodesFrom       = 4 << 10
	nodeClasses     = 32
	movable         = linearClasses + 7*doublingClasses + nodeClasses

	// classTotal adds the pinned classes, whose blocks Compact leaves alone.
	classTotal = movable + len(pinnedBytes)

	// The unusable end of a span is at most 1/16 of it, 1/32 for the larger blocks,
	// of which a span has few and many spans are needed, and 1/64 for pinned blocks,
	// as those are always resident: spans take as many units as that needs.
	tailDivisor       = 16
	largeTailDivisor  = 32
	largeTailMin      = 512
	pinnedTailDivisor = 64
	maxSpanUnits      = 8
)

// pinnedBytes are the block sizes of AllocPinned: multiples of a cache line, so
// that blocks are aligned to one.
var pinnedBytes = [...]int{64, 128, 256, 512, 1024, 1536, 2048, 2560, 3072, 3584, 4096}

// PinnedMax is the largest block AllocPinned gives, in bytes.
const PinnedMax = 4096

// class describes a size class. Word counts are in units of 4 bytes.
type class struct {
	bytes  uint32 // size of a block
	words  uint32 // the same in words
	recip  uint32 // ceil(2^32 / words): exact division of word offsets below 2^16
	limit  uint16 // first word of a span that no longer starts a block
	blocks uint16 // blocks in a span
	units  uint8  // units in a span
}

var classes, smallIndex, largeIndex, pinnedIndex = buildClasses()

// buildClasses returns the class table and the lookups from a size in bytes:
// (n+3)/4 up to 1 KiB, (n-1)/64 above, (n+63)/64 for pinned blocks.
func buildClasses() (table [classTotal]class, small [257]uint8, large [512]uint8, pinned [65]uint8) {
	c := 0
	add := func(n, divisor int) {
		table[c] = newClass(n, divisor)
		c++
	}
	for n := 4; n <= 128; n += 4 {
		add(n, tailDivisor)
	}
	for base := 128; base < maxSmall; base *= 2 {
		n := doublingClasses
		if base == nodesFrom {
			n = nodeClasses
		}
		for i := 1; i <= n; i++ {
			add(base+base/n*i, tailOf(base))
		}
	}
	for _, n := range pinnedBytes {
		add(n, pinnedTailDivisor)
	}
	fit := func(n, from, to int) uint8 {
		for i := from; i < to; i++ {
			if int(table[i].bytes) >= n {
				return uint8(i)
			}
		}
		panic("slab: no class fits")
	}
	for i := range small {
		small[i] = fit(i*4, 0, movable)
	}
	for i := range large {
		large[i] = fit((i+1)*64, 0, movable)
	}
	for i := range pinned {
		pinned[i] = fit(i*64, movable, classTotal)
	}
	return table, small, large, pinned
}

// tailOf returns the divisor for blocks longer than n bytes.
func tailOf(n int) int {
	if n >= largeTailMin {
		return largeTailDivisor
	}
	return tailDivisor
}

func newClass(n, divisor int) class {
	units := 1
	for ; units < maxSpanUnits; units++ {
		span := units * unitBytes
		if span/n > 1 && span%n <= span/divisor {
			break
		}
	}
	blocks := units * unitBytes / n
	words := uint32(n / wordBytes)
	return class{
		bytes:  uint32(n),
		words:  words,
		recip:  uint32((1<<32 + uint64(words) - 1) / uint64(words) & (1<<32 - 1)),
		limit:  uint16(uint32(blocks) * words),
		blocks: uint16(blocks),
		units:  uint8(units),
	}
}

// index returns which block of its span starts at word w, and whether one does.
func (c *class) index(w uint32) (uint32, bool) {
	i := w
	if c.words > 1 { // the reciprocal of 1 does not fit 32 bits
		i = uint32(uint64(w) * uint64(c.recip) >> 32)
	}
	return i, i*c.words == w
}

// lowMark returns the smallest number of used blocks that belongs in the list of
// quarter q: below it a span moves to a lower list.
func (c *class) lowMark(q uint8) uint16 {
	return uint16((uint32(q)*uint32(c.blocks)+3)/4) + 1
}

// quarter returns the list for a span with used blocks in use, used >= 1.
func (c *class) quarter(used uint16) uint8 {
	return uint8((uint32(used) - 1) * 4 / uint32(c.blocks))
}

// classOf returns the class for a block of n bytes, 1 <= n <= maxSmall.
func classOf(n int) uint8 {
	if n <= 1024 {
		return smallIndex[uint(n+3)/4%512]
	}
	return largeIndex[uint(n-1)/64%512]
}

// Cap returns the capacity in bytes that Alloc(n) would give.
func (s *Slab) Cap(n int) int {
	switch {
	case n <= 0:
		return 0
	case n <= maxSmall:
		return int(classes[classOf(n)].bytes)
	case n <= s.hugeMin:
		return roundUp(n, touchBytes)
	}
	return roundUp(n, pageBytes())
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// Words of a span and its reciprocal arithmetic must stay within 16 bits.
const _ = uint(1<<16 - 1 - maxSpanUnits*unitBytes/wordBytes)
const _ = uint(1<<8 - 1 - classTotal)
