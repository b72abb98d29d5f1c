package keyspace

import (
	"math/bits"
	"sync/atomic"

	"github.com/zeebo/xxh3"

	"redline/server/internal/dict"
	"redline/server/internal/slab"
)

// Slots is the number of hash slots of Redis Cluster.
const Slots = 16384

// Limits of the number of shards: a power of two, so that a slot's shard is a shift; at most 256, so that a set of
// shards is four words.
const (
	ShardsMin = 1
	ShardsMax = 256
)

const hashMask = 1<<40 - 1

// Options says how a Space is made.
type Options struct {
	Shards    int    // power of two from ShardsMin to ShardsMax
	Databases int    // at least 1
	Seed      uint64 // of the hash function: random in a server, so that nobody can choose colliding keys; fixed in a simulation
}

// Space is the whole keyspace. Its methods that take no lock say so; all others act on one shard, which the caller has
// locked.
type Space struct {
	shards    []*Shard
	shift     uint
	seed      uint64
	databases int
	created   atomic.Bool // sinks are told of new keys
	usage     usage
	arena     *slab.Arena
	heldUntil atomic.Int64 // unix ms; see HoldExpired
	saver     atomic.Pointer[Saver]
}

// Key is a key's name with what follows from it: where it lives. It is a view: Name belongs to the caller.
type Key struct {
	Name  []byte
	Hash  dict.Hash // 40 bits
	Slot  uint16
	Shard uint16
}

// New makes an empty Space. A number of shards that is not a power of two within the limits is a bug of the caller.
func New(o Options) *Space {
	if o.Shards < ShardsMin || o.Shards > ShardsMax || bits.OnesCount(uint(o.Shards)) != 1 || o.Databases < 1 {
		panic("keyspace: bad number of shards or databases")
	}
	s := &Space{
		shards:    make([]*Shard, o.Shards),
		shift:     14 - uint(bits.TrailingZeros(uint(o.Shards))),
		seed:      o.Seed,
		databases: o.Databases,
		arena:     slab.NewArena(),
	}
	for i := range s.shards {
		s.shards[i] = newShard(s, i)
	}
	return s
}

// Close gives all memory back. The Space must not be used afterwards.
func (s *Space) Close() {
	for _, sh := range s.shards {
		sh.slab.Close()
	}
	s.arena.Close()
}

// AnnounceCreated chooses whether sinks are told of each new key. Takes no lock.
func (s *Space) AnnounceCreated(on bool) { s.created.Store(on) }

// Locate fills k for a key's name. Takes no lock.
func (s *Space) Locate(name []byte, k *Key) {
	k.Name = name
	k.Hash = s.hash(name)
	k.Slot = SlotOf(name)
	k.Shard = k.Slot >> s.shift
}

func (s *Space) hash(name []byte) dict.Hash { return xxh3.HashSeed(name, s.seed) & hashMask }

// ShardOfSlot returns the index of the shard that holds a slot. Takes no lock.
func (s *Space) ShardOfSlot(slot uint16) int { return int(slot >> s.shift) }

// Shards returns the number of shards.
func (s *Space) Shards() int { return len(s.shards) }

// Databases returns the number of databases.
func (s *Space) Databases() int { return s.databases }

// Shard returns a shard by index.
func (s *Space) Shard(i int) *Shard { return s.shards[i] }

// Len returns the number of keys of a database over all shards, expired ones that are not yet removed included. Takes
// no lock.
func (s *Space) Len(db int) (keys, expires int) {
	for _, sh := range s.shards {
		keys += int(sh.counts[db].keys.Load())
		expires += int(sh.counts[db].expires.Load())
	}
	return keys, expires
}

// ShardLen returns the number of keys of a database in one shard, as Len does.
func (s *Space) ShardLen(shard, db int) (keys, expires int) {
	c := &s.shards[shard].counts[db]
	return int(c.keys.Load()), int(c.expires.Load())
}

// HoldExpired has expired keys hidden but not removed until a point in time (unix ms): while CLIENT PAUSE is in force
// the data must not change.
func (s *Space) HoldExpired(until int64) { s.heldUntil.Store(until) }

// ExpiredHeld says whether HoldExpired is in force.
func (s *Space) ExpiredHeld(now int64) bool { return now < s.heldUntil.Load() }
