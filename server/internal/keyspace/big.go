package keyspace

import (
	"slices"

	"redline/server/internal/slab"
	"redline/server/internal/topk"
)

// big knows the largest keys of each type, from a walk over all keys that goes on all the time in small steps.
//
// A pass fills lists of its own; when it ends they become the known ones. What is told is of both, each key looked at
// again, so a key that has gone or shrunk since it was seen is not shown as it was.
type big struct {
	db     int    // where the walk is
	addr   uint32 // the same
	begun  int64  // unix milliseconds of the pass's begin
	passMs int64  // how long the last pass took
	passes int64
	now    bigLists
	last   bigLists
}

const types = int(Stream) + 1

type bigLists struct {
	bytes, members [types]topk.Largest
	totals         [types]TypeTotals
}

// TypeTotals are the sums over all keys of one type.
type TypeTotals struct{ Keys, Bytes, Members int64 }

// walkPauseMs is how long a walk that has passed all keys rests, counted from its begin: a small keyspace need not be
// looked at a hundred times a second.
const walkPauseMs = 1000

// WalkStep has the walk look at some limit keys. members tells how many elements a value has. It returns how many keys it
// looked at: 0 while it rests.
func (sh *Shard) WalkStep(limit int, members func(Item) int64) (seen int) {
	b := &sh.big
	if b.db == 0 && b.addr == 0 { // between two passes
		if rested := sh.now - b.begun; b.passes > 0 && rested >= 0 && rested < walkPauseMs {
			return 0
		}
		b.begun = sh.now
	}
	for seen < limit {
		db := sh.dbs[b.db]
		done := db.dict.Len() == 0
		if !done {
			b.addr, done = db.dict.Scan(b.addr, func(h slab.Handle) {
				seen++
				db.look(h, members)
			})
		}
		if !done {
			continue
		}
		b.addr = 0
		if b.db++; b.db == len(sh.dbs) {
			b.finish(sh.now)
			return max(seen, 1)
		}
	}
	return seen
}

// finish ends a pass.
func (b *big) finish(now int64) {
	b.db, b.passMs = 0, now-b.begun
	b.passes++
	b.now, b.last = b.last, b.now
	for t := range types {
		b.now.bytes[t].Clear()
		b.now.members[t].Clear()
		b.now.totals[t] = TypeTotals{}
	}
}

// look has the walk see one key.
func (db *DB) look(h slab.Handle, members func(Item) int64) {
	it := db.live(h)
	if !it.OK() {
		return
	}
	if old := access(it.b); db.sh.clock.settle(old) != old {
		putAccess(it.b, db.sh.clock.settle(old))
	}
	t, lists := it.Type(), &db.sh.big.now
	bytes, n := it.Bytes(), members(it)
	sum := &lists.totals[t]
	sum.Keys, sum.Bytes, sum.Members = sum.Keys+1, sum.Bytes+bytes, sum.Members+n
	if inBytes, inMembers := &lists.bytes[t], &lists.members[t]; inBytes.Wants(bytes) || inMembers.Wants(n) {
		name := it.Key()
		hash := db.sh.space.hash(name)
		inBytes.Offer(hash, db.index, name, bytes)
		inMembers.Offer(hash, db.index, name, n)
	}
}

// BigKey is a large key as it is now.
type BigKey struct {
	DB      int
	Name    []byte
	Type    Type
	Bytes   int64
	Members int64
}

// BigKeys appends the largest keys of the shard, by bytes or by members, in no order: of each type the 16 largest by either
// are among them, as far as the walk has seen them.
func (sh *Shard) BigKeys(list []BigKey, members func(Item) int64) []BigKey {
	type id struct {
		hash uint64
		db   int
	}
	seen := map[id]bool{}
	add := func(l *topk.Largest) {
		for _, s := range l.List() {
			if seen[id{s.Hash, s.DB}] {
				continue
			}
			seen[id{s.Hash, s.DB}] = true
			if it := sh.peek(s.DB, s.Name); it.OK() {
				list = append(list, BigKey{DB: s.DB, Name: slices.Clone(s.Name), Type: it.Type(), Bytes: it.Bytes(), Members: members(it)})
			}
		}
	}
	for _, lists := range []*bigLists{&sh.big.now, &sh.big.last} {
		for t := range types {
			add(&lists.bytes[t])
			add(&lists.members[t])
		}
	}
	return list
}

// TypeTotals returns the sums over all keys of a type that the last pass found, or, before the first has ended, those of
// the one under way.
func (sh *Shard) TypeTotals(t Type) TypeTotals {
	if sh.big.passes == 0 {
		return sh.big.now.totals[t]
	}
	return sh.big.last.totals[t]
}

// Walked returns how many passes over all keys the walk has ended, and how long the last took.
func (sh *Shard) Walked() (passes, lastMs int64) { return sh.big.passes, sh.big.passMs }
