package keyspace

import (
	"math"
	"sync/atomic"

	"redline/server/internal/evict"
	"redline/server/internal/slab"
)

// usage is the memory of all shards together, as eviction sees it. Shards report changes only from usageGrain on, so
// that cores do not fight over one counter: the sum is exact within shards x usageGrain.
type usage struct{ bytes atomic.Int64 }

const usageGrain = 8 << 10

// Used returns what live keys, values and their index take in all shards, in bytes. It takes no lock and lags behind by
// less than usageGrain a shard. What lies free in their pages, wheels and the Go heap is not in it.
func (s *Space) Used() int64 { return s.usage.bytes.Load() }

// ObjectBytes returns the size of the shard's large collections as last reported. It takes no lock.
func (sh *Shard) ObjectBytes() int64 { return sh.objectBytes.Load() }

// report brings the shard's part of usage up to date.
func (sh *Shard) report() {
	n := sh.slab.InBlocks() + sh.objects.bytes
	if d := n - sh.reported; d >= usageGrain || d <= -usageGrain {
		sh.space.usage.bytes.Add(d)
		sh.reported = n
		sh.objectBytes.Store(sh.objects.bytes)
	}
}

// scanVolatile bounds how many keys one step looks at to find some with a deadline where these are few.
const scanVolatile = 256

// EvictStep removes one key by the policy, chosen among samples new ones and the best of earlier samples, and says
// whether it found one.
func (sh *Shard) EvictStep(p evict.Policy, samples int) bool {
	if p == evict.NoEviction {
		return false
	}
	if p != sh.evictPolicy {
		sh.evictPool.Clear()
		sh.evictPolicy = p
	}
	for _, db := range sh.dbs {
		if db.dict.Len() == 0 || p.Volatile() && db.expires == 0 {
			continue
		}
		n := samples
		if p.Volatile() { // look at so many that the expected number has a deadline
			n = min(samples*db.dict.Len()/db.expires, scanVolatile)
		}
		db.dict.Sample(sh.clock.random(), max(n, 1), func(h slab.Handle) { db.offer(p, h) })
	}
	for {
		c, ok := sh.evictPool.Take()
		if !ok {
			return false
		}
		if sh.dbs[c.DB].evict(c) {
			return true
		}
	}
}

// offer puts a sampled key into the pool.
func (db *DB) offer(p evict.Policy, h slab.Handle) {
	b := db.sh.slab.Bytes(h)
	l := layoutOf(b)
	if p.Volatile() && l.flags&flagTTL == 0 {
		return
	}
	db.sh.evictPool.Offer(evict.Candidate{Score: db.score(p, &l, b), Hash: db.sh.HashOf(h), Handle: uint64(h), DB: db.index})
}

func (db *DB) score(p evict.Policy, l *layout, b block) uint64 {
	c := &db.sh.clock
	switch {
	case p.Random():
		return c.random()
	case p == evict.VolatileTTL:
		return uint64(math.MaxInt64 - l.deadline(b))
	case p.LFU():
		return uint64(lfuCountMax - c.decayed(access(b)))
	default:
		return uint64((c.seconds - access(b)) & accessMask)
	}
}

// evict removes a candidate if it is still where it was.
func (db *DB) evict(c evict.Candidate) bool {
	h := slab.Handle(c.Handle)
	found := false
	db.dict.FindAll(c.Hash, func(x slab.Handle) bool {
		found = x == h
		return !found
	})
	if !found {
		return false
	}
	b := db.sh.slab.Bytes(h)
	name := keyOf(b)
	db.sh.stats.Evicted.Add(1)
	if db.sh.sink != nil {
		db.sh.sink.Evicted(db, name)
	}
	db.touch(name)
	db.remove(c.Hash, h, b)
	return true
}
