package keyspace

import (
	"redline/server/internal/dict"
	"redline/server/internal/expire"
	"redline/server/internal/slab"
)

// scrubSlack is how many stale wheel entries are tolerated beyond one per live deadline before a sweep begins: at five
// bytes an entry less than one page, so that small databases are never swept.
const scrubSlack = 1024

// SetExpire gives a live key a deadline in unix milliseconds, or with NoExpiry takes it away. A deadline in the past is
// stored as it is: the next look-up removes the key.
//
// The wheel keeps one current entry a key, named by the tag in its block. A later deadline needs no new entry: the
// present one fires first, finds the key alive and moves it on. An earlier one gets a new entry and the old one goes
// stale, to be dropped when it fires or by a sweep.
func (db *DB) SetExpire(it Item, at int64) Item {
	db.touch(it.Key())
	old := it.ExpireAt()
	if at == old {
		return it
	}
	db.preserveItem(it, false)
	switch {
	case at == NoExpiry:
		db.expires--
		db.publish()
	case old == NoExpiry:
		db.expires++
		db.publish()
	}
	if !it.Encoding().Timed() {
		return db.setEvent(it, at)
	}
	// A field's deadline may come first. An event that is too early does no harm.
	putKeyDeadline(it.b, at)
	if at == NoExpiry {
		return it
	}
	return db.Schedule(it, at)
}

// setEvent sets when a key is to be looked at: the deadline in its block.
func (db *DB) setEvent(it Item, at int64) Item {
	l := layoutOf(it.b)
	old, tag := l.deadline(it.b), tagOf(it.b)
	if at == old {
		return it
	}
	db.preserveItem(it, false)
	want := ttlFlagFor(at)
	if want != l.flags&flagTTL {
		it = db.reshape(it, l.valLen, want, l.valLen, 0)
		l = layoutOf(it.b)
	}
	switch {
	case at == NoExpiry:
		db.timed--
		return it
	case old == NoExpiry:
		db.timed++
		tag = db.schedule(at, db.sh.space.hash(it.Key()))
	case at < old, old <= db.sh.now: // an event that has come has no entry any more, or one that fires now
		tag = db.schedule(at, db.sh.space.hash(it.Key()))
	}
	l.putDeadline(it.b, at, tag)
	return it
}

func (db *DB) schedule(at int64, hash dict.Hash) uint8 {
	if db.wheel == nil {
		db.wheel = expire.New(db.sh.slab)
	}
	return db.wheel.Add(at, hash, db.sh.now)
}

// ExpireStep fires at most limit due wheel entries and, with what is left of the limit, sweeps stale ones. It returns
// how many it handled and whether there is more to do now.
func (db *DB) ExpireStep(limit int) (handled int, more bool) {
	w := db.wheel
	if w == nil {
		return 0, false
	}
	db.quota = limit
	db.catchUp()
	handled, more = w.Next(db.sh.now, limit, db.warmFn, db.fireFn)
	handled += limit - db.quota
	more = more || len(db.behind) > 0
	if left := limit - handled; !more && left > 0 && w.Len() > 2*db.timed+scrubSlack {
		before := w.Len()
		w.Scrub(left, func(hash uint64, tag uint8) bool { _, ok := db.scheduled(hash, tag); return ok })
		db.sh.stats.ExpiredStale.Add(int64(before - w.Len()))
	}
	return handled, more
}

// fire handles one due wheel entry: the key has expired, or its deadline was moved and it gets a new entry, or the
// entry is stale.
func (db *DB) fire(hash uint64, tag uint8) {
	h, ok := db.scheduled(hash, tag)
	if !ok {
		db.sh.stats.ExpiredStale.Add(1)
		return
	}
	b := db.sh.slab.Bytes(h)
	l := layoutOf(b)
	at := l.deadline(b)
	if at > db.sh.now || db.sh.sink == nil {
		l.putDeadline(b, at, db.wheel.Add(at, hash, db.sh.now))
		return
	}
	if !keyDue(&l, b, db.sh.now) {
		db.fireFields(hash, h, b)
		return
	}
	db.expire(hash, h, b)
}

// scheduled finds the key whose current wheel entry has this hash and tag.
func (db *DB) scheduled(hash uint64, tag uint8) (found slab.Handle, ok bool) {
	db.dict.FindAll(hash, func(h slab.Handle) bool {
		b := db.sh.slab.Bytes(h)
		if b[offFlags]&flagTTL == 0 {
			return true
		}
		if tagOf(b) != tag&tagMask {
			return true
		}
		found, ok = h, true
		return false
	})
	return found, ok
}

// TimesToLive returns how many of n keys have a deadline that has not passed, and the sum of their times to live in
// milliseconds. The keys lie next to each other at a random place, which depends on nothing but their hashes: so a look at a
// database most of whose keys are due does not take longer.
func (db *DB) TimesToLive(r uint64, n int) (sumMs int64, keys int) {
	db.dict.Sample(r, n, func(h slab.Handle) {
		b := db.sh.slab.Bytes(h)
		l := layoutOf(b)
		if at := keyDeadline(&l, b); at != NoExpiry && at > db.sh.now {
			sumMs, keys = sumMs+at-db.sh.now, keys+1
		}
	})
	return sumMs, keys
}

// Lags returns how late the shard's keys went, each measured from its deadline to its removal. Read it under the lock.
func (sh *Shard) Lags() *expire.Lags { return &sh.lags }

// Lag returns for how many milliseconds the oldest due wheel entry has waited, and how many entries wait, hashes with due
// fields included.
func (db *DB) Lag() (lateMs int64, entries int) {
	if db.wheel == nil {
		return 0, 0
	}
	lateMs, entries = db.wheel.Lag(db.sh.now)
	return lateMs, entries + len(db.behind)
}
