package command

import (
	"math/bits"

	"redline/server/internal/keyspace"
)

// shardSet is a set of shard indexes.
type shardSet [keyspace.ShardsMax / 64]uint64

func (s *shardSet) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s *shardSet) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s *shardSet) addAll(n int) {
	for i := range n {
		s.add(i)
	}
}

func (s *shardSet) union(o *shardSet) {
	for i := range s {
		s[i] |= o[i]
	}
}

// within says whether every member of s is in o.
func (s *shardSet) within(o *shardSet) bool {
	for i := range s {
		if s[i]&^o[i] != 0 {
			return false
		}
	}
	return true
}

// lock takes the locks in ascending order: the one order in which several shards are ever locked (docs/LOCKS.md).
func (s *shardSet) lock(sp *keyspace.Space, now int64, sink keyspace.Sink) {
	for w, m := range s {
		for ; m != 0; m &= m - 1 {
			sh := sp.Shard(w*64 + bits.TrailingZeros64(m))
			sh.Lock()
			sh.Enter(now, sink)
		}
	}
}

// lock is shardSet.lock for the call's own shards. It takes down how long the call waited for others: the clock is read
// only when it has to.
func (c *Call) lock(e *Engine) {
	for w, m := range c.shards {
		for ; m != 0; m &= m - 1 {
			sh := e.Space.Shard(w*64 + bits.TrailingZeros64(m))
			if !sh.TryLock() {
				e.await(c, sh)
			}
			sh.Enter(c.Now, c)
		}
	}
}

// Who finds a shard locked tries again for spinNs before it sleeps: work in the background lets go sooner, if it runs. If it
// does not, only sleep helps: who has slept goes before others when it wakes, while who lets others have the processor
// (sched_yield) gets it back after some milliseconds.
const spinNs = 30_000

// await locks a shard that somebody else holds.
func (e *Engine) await(c *Call, sh *keyspace.Shard) {
	if e.Nanotime == nil {
		sh.Lock()
		return
	}
	from := e.Nanotime()
	sh.Await(func() bool { return e.Nanotime()-from < spinNs })
	c.top().LockWait += e.Nanotime() - from
}

func (s *shardSet) unlock(sp *keyspace.Space) {
	for w, m := range s {
		for ; m != 0; m &= m - 1 {
			sp.Shard(w*64 + bits.TrailingZeros64(m)).Unlock()
		}
	}
}
