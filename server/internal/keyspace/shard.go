package keyspace

import (
	"sync"
	"sync/atomic"

	"redline/server/internal/evict"
	"redline/server/internal/expire"
	"redline/server/internal/slab"
)

// Sink receives what a shard does by itself. It is called with the shard locked.
type Sink interface {
	// Expired is called just before a key whose deadline has passed is removed. name is a view.
	Expired(db *DB, name []byte)
	// Evicted is called just before a key is removed because memory is full. name is a view.
	Evicted(db *DB, name []byte)
	// Created is called when a key was added, if Space.AnnounceCreated asked for it. name is a view.
	Created(db *DB, name []byte)
	// Ready is called when a key changed for which clients wait. name belongs to the callee.
	Ready(db *DB, name string)
}

// Shard is one part of the keyspace, owned by whoever holds its lock.
type Shard struct {
	wanted atomic.Int32 // clients that wait for mu
	mu     sync.Mutex
	// The fields below are guarded by mu.

	id      int
	space   *Space
	slab    *slab.Slab
	dbs     []*DB
	objects objectTable
	names   int64   // bytes of all keys' names
	trash   []trash // what FLUSHDB left to be freed in steps
	keeper  Keeper  // of the save that is under way, or nil
	now     int64   // unix milliseconds, of the current visit
	sink    Sink    // of the current visit; nil: expired keys are hidden but not removed
	clock   accessClock
	lags    expire.Lags

	reported    int64 // what the shard has added to the space's usage
	evictPool   evict.Pool
	evictPolicy evict.Policy // that the pool was filled for
	ghosts      evict.Ghosts // of keys that were evicted, under S3-FIFO
	hot         hot
	big         big

	// counts is written under mu and read without it.
	counts      []counts
	objectBytes atomic.Int64
	stats       ShardStats
}

type counts struct{ keys, expires atomic.Int64 }

// ShardStats counts what happened in a shard. Written under the shard's lock, read without it.
type ShardStats struct {
	Expired       atomic.Int64 // keys removed because their deadline had passed
	ExpiredFields atomic.Int64 // fields of hashes removed because their deadline had passed
	Evicted       atomic.Int64 // keys removed because memory was full
	ExpiredStale  atomic.Int64 // wheel entries that no longer stood for a key's deadline
	LazyFreed     atomic.Int64 // keys whose memory was given back after they were gone: large collections, flushed databases
	Hits, Misses  atomic.Int64 // of reads, as keyspace_hits and keyspace_misses of INFO
}

func newShard(s *Space, id int) *Shard {
	sh := &Shard{id: id, space: s, slab: slab.New(slab.Options{}), counts: make([]counts, s.databases), dbs: make([]*DB, s.databases)}
	sh.objects.arena = s.arena
	sh.clock.rng = s.seed ^ uint64(id+1)*0x9E3779B97F4A7C15
	for i := range sh.dbs {
		sh.dbs[i] = newDB(sh, i)
	}
	return sh
}

// Lock takes the shard's lock. Several shards are locked in ascending order of their index (docs/LOCKS.md).
func (sh *Shard) Lock() { sh.mu.Lock() }

// TryLock is Lock for those who want to know whether they have to wait: it returns false if the lock is held by others.
func (sh *Shard) TryLock() bool { return sh.mu.TryLock() }

// Await is Lock for a client's command when TryLock has failed: it tries for as long as again returns true, then it sleeps
// until the lock is free. Whoever holds it in the background is asked meanwhile to let go soon (Wanted).
func (sh *Shard) Await(again func() bool) {
	sh.wanted.Add(1)
	defer sh.wanted.Add(-1)
	for !sh.mu.TryLock() {
		if !again() {
			sh.mu.Lock()
			return
		}
	}
}

// Wanted says whether a client waits for the shard. Who holds its lock in the background asks between steps of some
// microseconds each, and lets go early.
func (sh *Shard) Wanted() bool { return sh.wanted.Load() > 0 }

// Unlock ends the visit and releases the lock.
func (sh *Shard) Unlock() {
	sh.sink = nil
	sh.report()
	sh.mu.Unlock()
}

// Enter begins a visit at a point in time. With a nil sink expired keys are hidden but stay: what a visitor wants that
// must not change anything.
func (sh *Shard) Enter(now int64, sink Sink) {
	sh.now, sh.sink = now, sink
	sh.clock.at(now)
}

// ID returns the shard's index.
func (sh *Shard) ID() int { return sh.id }

// DB returns a database's part in this shard.
func (sh *Shard) DB(i int) *DB { return sh.dbs[i] }

// Stats returns the shard's counters. Takes no lock.
func (sh *Shard) Stats() *ShardStats { return &sh.stats }

// SwapDB exchanges two databases. Whoever watches a key that exists in either is told.
func (sh *Shard) SwapDB(a, b int) {
	if a == b {
		return
	}
	x, y := sh.dbs[a], sh.dbs[b]
	x.settleObserved(y)
	y.settleObserved(x)
	x.touchObserved()
	y.touchObserved()
	// Watchers and waiters stay with the index, the data goes across.
	x.data, y.data = y.data, x.data
	x.publish()
	y.publish()
	x.touchObserved()
	y.touchObserved()
}

// Memory is what a shard holds, in bytes.
type Memory struct {
	Names     int64 // of keys, as part of Blocks
	Blocks    int64 // in live blocks: keys, inline values, index segments
	Resident  int64 // in touched spans, as the OS counts it
	Index     int64 // of the dicts, as part of Blocks and beside it
	Wheels    int64 // expiry entries, as part of Blocks and beside it
	Objects   int64 // large collections on the Go heap
	TrashKeys int64 // keys of flushed databases that are still to be freed
}

// Memory returns the shard's memory figures.
func (sh *Shard) Memory() Memory {
	st := sh.slab.Stats()
	m := Memory{Names: sh.names, Blocks: st.BytesInBlocks, Resident: st.BytesResident, Objects: sh.objects.bytes}
	for _, db := range sh.dbs {
		m.Index += db.dict.Bytes()
		if db.wheel != nil {
			m.Wheels += db.wheel.Bytes()
		}
	}
	for i := range sh.trash {
		m.TrashKeys += int64(sh.trash[i].dict.Len())
	}
	return m
}

// Slab gives access to the shard's block storage, for compaction and figures.
func (sh *Shard) Slab() *slab.Slab { return sh.slab }
