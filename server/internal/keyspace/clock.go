package keyspace

import "redline/server/internal/evict"

// accessClock keeps what the 24 access bits of a block are made of:
//
//	LRU      | seconds: 24                   |   unix seconds modulo 2^24, 194 days
//	LFU      | minutes: 16   | counter: 8    |   as in Redis (evict.c, "LFU")
//	S3-FIFO  | ticks of 64 ms: 21  | uses: 3 |   modulo 37 hours; what is older than half of that is kept at half
//
// S3-FIFO counts one use a tick: a read that follows a write at once says nothing about the next hour.
type accessClock struct {
	kind      accessKind
	seconds   uint32 // unix seconds modulo 2^24
	minutes   uint32 // unix minutes modulo 2^16
	ticks     uint32 // of 64 ms, modulo 2^21
	logFactor int
	decayMin  int
	rng       uint64
}

type accessKind uint8

const (
	byTime accessKind = iota
	byFrequency
	byUses
)

const (
	accessMask  = 1<<24 - 1
	lfuInitial  = 5 // a new key is not the first to go: Redis' LFU_INIT_VAL
	lfuCountMax = 255

	tickShift = 6 // of milliseconds
	tickMask  = 1<<21 - 1
	usesBits  = 3
	usesMask  = 1<<usesBits - 1
	// usesMax is where counting ends: a key that was popular and is no longer has to go in bounded time. Measured from 3 (as
	// in S3-FIFO) to 6: the higher, the more hits on a steady load (0.3 points) and the fewer on a drifting one (3 points).
	usesMax = 4
)

func (c *accessClock) at(nowMs int64) {
	c.seconds = uint32(nowMs/1000) & accessMask
	c.minutes = uint32(nowMs/60000) & 0xffff
	c.ticks = uint32(nowMs>>tickShift) & tickMask
}

func (c *accessClock) policy(p evict.Policy) {
	switch {
	case p.LFU():
		c.kind = byFrequency
	case p == evict.AllKeysS3FIFO:
		c.kind = byUses
	default:
		c.kind = byTime
	}
}

func (c *accessClock) fresh() uint32 {
	switch c.kind {
	case byFrequency:
		return c.minutes<<8 | lfuInitial
	case byUses:
		return c.ticks << usesBits
	default:
		return c.seconds
	}
}

// touch returns the access bits after one more access.
func (c *accessClock) touch(v uint32) uint32 {
	switch c.kind {
	case byFrequency:
		return c.touchFrequency(v)
	case byUses:
		if v>>usesBits == c.ticks {
			return v
		}
		return c.ticks<<usesBits | min(v&usesMask+1, usesMax)
	default:
		return c.seconds
	}
}

func (c *accessClock) touchFrequency(v uint32) uint32 {
	n := c.decayed(v)
	if n < lfuCountMax {
		base := max(int(n)-lfuInitial, 0)
		// One in base*factor+1 accesses counts.
		if (c.random()>>32)%uint64(base*c.logFactor+1) == 0 {
			n++
		}
	}
	return c.minutes<<8 | n
}

// idleTicks returns for how many ticks a key was not used, under S3-FIFO.
func (c *accessClock) idleTicks(v uint32) uint32 { return (c.ticks - v>>usesBits) & tickMask }

// settle keeps a key that has long not been used from looking fresh when the ticks have gone round. It must be called
// for every key at least once in half a round, 18 hours.
func (c *accessClock) settle(v uint32) uint32 {
	if c.kind == byUses && c.idleTicks(v) > tickMask/2 {
		return (c.ticks-tickMask/2)&tickMask<<usesBits | v&usesMask
	}
	return v
}

func (c *accessClock) idleSeconds(v uint32) int64 {
	switch c.kind {
	case byFrequency:
		return 0
	case byUses:
		return int64(c.idleTicks(v)) << tickShift / 1000
	default:
		return int64((c.seconds - v) & accessMask)
	}
}

// idleFor returns the access bits of a key that was last used so many seconds ago.
func (c *accessClock) idleFor(v uint32, seconds int64) uint32 {
	switch c.kind {
	case byFrequency:
		return v
	case byUses:
		ticks := uint32((min(seconds, tickMask/2<<tickShift/1000)*1000 + 1<<tickShift - 1) >> tickShift)
		return (c.ticks-ticks)&tickMask<<usesBits | v&usesMask
	default:
		return (c.seconds - uint32(seconds)) & accessMask
	}
}

func (c *accessClock) random() uint64 {
	c.rng ^= c.rng << 13
	c.rng ^= c.rng >> 7
	c.rng ^= c.rng << 17
	return c.rng
}

func (c *accessClock) decayed(v uint32) uint32 {
	n := v & 255
	if c.decayMin <= 0 {
		return n
	}
	idle := (c.minutes - v>>8) & 0xffff
	return n - min(n, idle/uint32(c.decayMin))
}

// SetPolicy has the access bits kept as an eviction policy needs them, with Redis' lfu-log-factor and lfu-decay-time
// (minutes). What another policy left in them is misread until the keys are used again, as in Redis.
func (sh *Shard) SetPolicy(p evict.Policy, logFactor, decayMin int) {
	sh.clock.policy(p)
	sh.clock.logFactor, sh.clock.decayMin = logFactor, decayMin
	if p != evict.AllKeysS3FIFO {
		sh.ghosts.Clear()
	}
}

// IdleSeconds returns the time since the last access. Under LFU it is zero.
func (it Item) IdleSeconds() int64 { return it.db.sh.clock.idleSeconds(access(it.b)) }

// SetIdleSeconds sets the time since the last access (RESTORE IDLETIME). It does nothing under LFU.
func (it Item) SetIdleSeconds(n int64) {
	putAccess(it.b, it.db.sh.clock.idleFor(access(it.b), n))
}

// Frequency returns the logarithmic access counter; zero unless under LFU.
func (it Item) Frequency() int {
	if it.db.sh.clock.kind != byFrequency {
		return 0
	}
	return int(it.db.sh.clock.decayed(access(it.b)))
}

// SetFrequency sets the access counter (RESTORE FREQ). It does nothing unless under LFU.
func (it Item) SetFrequency(n int) {
	if it.db.sh.clock.kind == byFrequency {
		putAccess(it.b, it.db.sh.clock.minutes<<8|uint32(n&255))
	}
}
