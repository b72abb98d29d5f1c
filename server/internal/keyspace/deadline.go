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
		db.expires--
		db.publish()
		return it
	case old == NoExpiry:
		db.expires++
		db.publish()
		tag = db.schedule(at, db.sh.space.hash(it.Key()))
	case at < old:
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
	handled, more = w.Next(db.sh.now, limit, db.fireFn)
	if left := limit - handled; !more && left > 0 && w.Len() > 2*db.expires+scrubSlack {
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

// Lags returns how late the shard's keys went, each measured from its deadline to its removal. Read it under the lock.
func (sh *Shard) Lags() *expire.Lags { return &sh.lags }

// Lag returns for how many milliseconds the oldest due wheel entry has waited, and how many entries wait.
func (db *DB) Lag() (lateMs int64, entries int) {
	if db.wheel == nil {
		return 0, 0
	}
	return db.wheel.Lag(db.sh.now)
}
