package keyspace

// accessClock keeps what the 24 access bits of a block are made of. Under LRU they are seconds; under LFU a minute
// (16 bits) and a logarithmic counter (8 bits), as in Redis (evict.c, "LFU").
type accessClock struct {
	seconds   uint32 // unix seconds modulo 2^24
	minutes   uint32 // unix minutes modulo 2^16
	lfu       bool
	logFactor int
	decayMin  int
	rng       uint64
}

const (
	accessMask  = 1<<24 - 1
	lfuInitial  = 5 // a new key is not the first to go: Redis' LFU_INIT_VAL
	lfuCountMax = 255
)

func (c *accessClock) at(nowMs int64) {
	c.seconds = uint32(nowMs/1000) & accessMask
	c.minutes = uint32(nowMs/60000) & 0xffff
}

func (c *accessClock) fresh() uint32 {
	if c.lfu {
		return c.minutes<<8 | lfuInitial
	}
	return c.seconds
}

// touch returns the access bits after one more access.
func (c *accessClock) touch(v uint32) uint32 {
	if !c.lfu {
		return c.seconds
	}
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

// random is xorshift64: good enough to choose samples.
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

// SetLFU chooses between LFU and LRU access bits, with Redis' lfu-log-factor and lfu-decay-time (minutes).
func (sh *Shard) SetLFU(on bool, logFactor, decayMin int) {
	sh.clock.lfu, sh.clock.logFactor, sh.clock.decayMin = on, logFactor, decayMin
}

// IdleSeconds returns the time since the last access. Meaningful under LRU.
func (it Item) IdleSeconds() int64 {
	return int64((it.db.sh.clock.seconds - access(it.b)) & accessMask)
}

// SetIdleSeconds sets the time since the last access (RESTORE IDLETIME).
func (it Item) SetIdleSeconds(n int64) {
	putAccess(it.b, (it.db.sh.clock.seconds-uint32(n))&accessMask)
}

// Frequency returns the logarithmic access counter. Meaningful under LFU.
func (it Item) Frequency() int { return int(it.db.sh.clock.decayed(access(it.b))) }

// SetFrequency sets the access counter (RESTORE FREQ).
func (it Item) SetFrequency(n int) {
	putAccess(it.b, it.db.sh.clock.minutes<<8|uint32(n&255))
}
