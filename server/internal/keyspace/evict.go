package keyspace

import (
	"math"
	"sync/atomic"

	"redline/server/internal/dict"
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

// scanVolatile is how many keys one step looks at to find some with a deadline where these are few: some 20 us.
const scanVolatile = 256

// usesSamples is how many times maxmemory-samples is looked at where uses are counted: most keys are no candidates by
// their uses. Twice as many give S3-FIFO 0.3 to 0.5 points of hit ratio, LFU 0.1 to 0.2.
const usesSamples = 2

// Eviction is what a step of eviction came to.
type Eviction uint8

// The outcomes of EvictStep.
const (
	NothingToEvict Eviction = iota // no key may go
	EvictedNone                    // there are keys that may go, but they are few and the step found none
	EvictedOne
)

// EvictStep removes one key by the policy, chosen among samples new ones and the best of earlier samples.
//
// Where few keys have a deadline and only those may go, a step looks at a bounded number of keys and goes on next time
// where it ended, so that all are seen in turn.
func (sh *Shard) EvictStep(p evict.Policy, samples int) Eviction {
	if p == evict.NoEviction {
		return NothingToEvict
	}
	if p != sh.evictPolicy {
		sh.evictPool.Clear()
		sh.evictPolicy = p
	}
	if p == evict.AllKeysS3FIFO || p.LFU() {
		samples *= usesSamples
	}
	result := NothingToEvict
	for _, db := range sh.dbs {
		if db.dict.Len() == 0 || p.Volatile() && db.expires == 0 {
			continue
		}
		result = EvictedNone
		db.sample(p, samples)
	}
	for {
		c, ok := sh.evictPool.Take()
		if !ok {
			return result
		}
		if sh.dbs[c.DB].evict(p, c) {
			return EvictedOne
		}
	}
}

// sample offers keys to the pool.
func (db *DB) sample(p evict.Policy, n int) {
	offer := func(h slab.Handle) { db.offer(p, h) }
	if p.Random() && db.sampleOne(p) {
		return
	}
	if !p.Volatile() {
		db.sampleAny(p, n)
		return
	}
	if many := n * db.dict.Len() / db.expires; many <= scanVolatile { // so many that the expected number has a deadline
		db.dict.Sample(db.sh.clock.random(), many, offer)
		return
	}
	for seen := 0; seen < scanVolatile; {
		db.evictAt, _ = db.dict.Scan(db.evictAt, func(h slab.Handle) {
			seen++
			offer(h)
		})
		seen++ // an empty range is a look as well
	}
}

// randomTries is how many keys chosen evenly are looked at for one that may go, before neighbours are.
const randomTries = 4

// sampleOne offers one key, chosen evenly, and says whether it found one that may go.
func (db *DB) sampleOne(p evict.Policy) bool {
	for range randomTries {
		h, ok := db.dict.Random(db.sh.clock.random())
		if ok && (!p.Volatile() || expires(db.sh.slab.Bytes(h))) {
			db.offer(p, h)
			return true
		}
	}
	return false
}

// sampleBatch is how many blocks sampleAny reads at once.
const sampleBatch = 16

// sampleAny offers keys whether they have a deadline or not. It reads the access bits of all before it compares any: the
// blocks are far apart, and their cache misses, which are most of what an eviction costs, go on side by side.
func (db *DB) sampleAny(p evict.Policy, n int) {
	var handles [sampleBatch]slab.Handle
	var bits [sampleBatch]uint32
	for ; n > 0; n -= sampleBatch {
		k := 0
		db.dict.Sample(db.sh.clock.random(), min(n, sampleBatch), func(h slab.Handle) {
			handles[k] = h
			k++
		})
		for i, h := range handles[:k] {
			bits[i] = access(db.sh.slab.Bytes(h))
		}
		for i, h := range handles[:k] {
			db.offerScored(h, db.sh.clock.score(p, bits[i]))
		}
	}
}

// offer puts a sampled key into the pool.
func (db *DB) offer(p evict.Policy, h slab.Handle) {
	b := db.sh.slab.Bytes(h)
	if p.Volatile() && !expires(b) {
		return
	}
	l := layoutOf(b)
	db.offerScored(h, db.score(p, &l, b))
}

// expires says whether a block's key has a deadline of its own.
func expires(b block) bool {
	if b[offFlags]&flagTTL == 0 {
		return false
	}
	l := layoutOf(b)
	return keyDeadline(&l, b) != NoExpiry
}

func (db *DB) offerScored(h slab.Handle, score uint64) {
	if !db.sh.evictPool.Wants(score) { // most are not wanted, and their hash, which is a third of the work, not needed
		return
	}
	db.sh.evictPool.Offer(evict.Candidate{Score: score, Hash: db.sh.HashOf(h), Handle: uint64(h), DB: db.index})
}

// s3Weight is how much an idle tick of a key counts by its uses since it came: a key that was used n times may be idle
// n*n times as long as one that was used once, and one that was not used at all only a 32nd of that. This stands for
// the queues of S3-FIFO: the small one for what is new, and the laps in the main one.
var s3Weight = [usesMax + 1]uint64{32 * 144, 144, 144 / 4, 144 / 9, 144 / 16}

// score says how soon a key should go: the higher, the sooner. Random candidates are in the order of their sampling.
func (db *DB) score(p evict.Policy, l *layout, b block) uint64 {
	if p == evict.VolatileTTL {
		return uint64(math.MaxInt64 - keyDeadline(l, b))
	}
	return db.sh.clock.score(p, access(b))
}

// score is the part of it that follows from the access bits.
func (c *accessClock) score(p evict.Policy, v uint32) uint64 {
	switch {
	case p.Random():
		return 0
	case p.LFU():
		return uint64(lfuCountMax - c.decayed(v))
	case p == evict.AllKeysS3FIFO:
		return uint64(c.idleTicks(v)) * s3Weight[min(v&usesMask, usesMax)]
	default:
		return uint64((c.seconds - v) & accessMask)
	}
}

// evict removes a candidate if it is still where it was and was not used or written since it became one.
func (db *DB) evict(p evict.Policy, c evict.Candidate) bool {
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
	l := layoutOf(b)
	if p.Volatile() && !expires(b) || db.score(p, &l, b) < c.Score {
		return false
	}
	name := keyOf(b)
	db.sh.stats.Evicted.Add(1)
	if db.sh.sink != nil {
		db.sh.sink.Evicted(db, name)
	}
	if p == evict.AllKeysS3FIFO {
		db.sh.ghosts.Fit(db.sh.keys())
		db.sh.ghosts.Put(c.Hash, access(b)&usesMask)
	}
	db.touch(name)
	db.remove(c.Hash, h, b)
	return true
}

// keys returns the number of keys in all databases.
func (sh *Shard) keys() (n int) {
	for _, db := range sh.dbs {
		n += db.dict.Len()
	}
	return n
}

// fresh returns the access bits of a new key. Under S3-FIFO one that was evicted not long ago is not new.
func (db *DB) fresh(hash dict.Hash) uint32 {
	v := db.sh.clock.fresh()
	if db.sh.clock.kind == byUses {
		if uses, ok := db.sh.ghosts.Take(hash); ok {
			v |= min(uses+1, usesMax)
		}
	}
	return v
}
