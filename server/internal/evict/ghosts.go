package evict

// Ghosts remembers how often keys that were evicted had been used, for as long as about as many others are evicted as
// there are keys: the ghost queue of S3-FIFO. It takes four bytes a key. The zero value is empty and takes nothing.
//
// It is a table of buckets, each a queue of 16 entries; a bucket is a cache line, so a look costs one miss.
//
//	entry | fingerprint: 29 bits | 1 + uses: 3 bits |      0: none
//
// Two keys with the same fingerprint in one bucket are taken for each other: one in 30 million looks or so.
type Ghosts struct{ buckets [][ghostWays]uint32 }

const (
	ghostWays = 16
	usesBits  = 3
	// UsesMax is the largest number of uses that is remembered.
	UsesMax = 1<<usesBits - 2
	// The table is made anew, and forgets, when the number of keys leaves these bounds of what it was made for. Where
	// memory is full it hardly changes.
	ghostsGrowPercent   = 125
	ghostsShrinkPercent = 50
	hashBits            = 40
)

// Fit makes the table fit a number of keys.
func (g *Ghosts) Fit(keys int) {
	have := len(g.buckets) * ghostWays
	if keys*100 <= have*ghostsGrowPercent && keys*100 >= have*ghostsShrinkPercent {
		return
	}
	g.buckets = make([][ghostWays]uint32, (keys+ghostWays-1)/ghostWays)
}

// Clear forgets everything and gives the memory back.
func (g *Ghosts) Clear() { g.buckets = nil }

// Bytes returns the memory of the table.
func (g *Ghosts) Bytes() int64 { return int64(len(g.buckets)) * ghostWays * 4 }

func (g *Ghosts) bucket(hash uint64) *[ghostWays]uint32 {
	return &g.buckets[hash*uint64(len(g.buckets))>>hashBits]
}

// Put remembers a key, of whose hash 40 bits count, that was used so many times. The oldest of its bucket is forgotten.
func (g *Ghosts) Put(hash uint64, uses uint32) {
	if len(g.buckets) == 0 {
		return
	}
	b := g.bucket(hash)
	copy(b[1:], b[:])
	b[0] = uint32(hash)<<usesBits | (1 + min(uses, UsesMax))
}

// Take returns how often a key had been used and forgets it.
func (g *Ghosts) Take(hash uint64) (uses uint32, ok bool) {
	if len(g.buckets) == 0 {
		return 0, false
	}
	b := g.bucket(hash)
	for i, e := range b {
		if e>>usesBits == uint32(hash)<<usesBits>>usesBits && e != 0 {
			copy(b[i:], b[i+1:])
			b[ghostWays-1] = 0
			return e&(1<<usesBits-1) - 1, true
		}
	}
	return 0, false
}
