package keyspace

import (
	"slices"

	"redline/server/internal/dict"
	"redline/server/internal/slab"
)

// Scan passes the live keys of one step to fn and returns where the next step begins. A scan from 0 until done passes
// every key that exists throughout exactly once, whatever is added or removed meanwhile. fn must not change the shard.
func (db *DB) Scan(addr uint32, fn func(Item)) (next uint32, done bool) {
	return db.dict.Scan(addr, func(h slab.Handle) {
		if it := db.live(h); it.OK() {
			fn(it)
		}
	})
}

// live returns the Item of a handle unless its deadline has passed.
func (db *DB) live(h slab.Handle) Item {
	b := db.sh.slab.Bytes(h)
	if b[offFlags]&flagTTL != 0 {
		if l := layoutOf(b); l.deadline(b) <= db.sh.now && keyDue(&l, b, db.sh.now) {
			return Item{}
		}
	}
	return Item{db: db, h: h, b: b}
}

// Each passes all live keys to fn. fn must not change the shard.
func (db *DB) Each(fn func(Item)) {
	for addr, done := uint32(0), false; !done; {
		addr, done = db.Scan(addr, fn)
	}
}

// Random returns a live key, chosen by r, nearly uniformly. With many expired keys about it gives up after a bounded
// number of tries and returns the zero Item; so it does when there are no keys.
func (db *DB) Random(r uint64) Item {
	const tries = 64
	for range tries {
		h, ok := db.dict.Random(r)
		if !ok {
			return Item{}
		}
		if it := db.live(h); it.OK() {
			return it
		}
		r = r*6364136223846793005 + 1442695040888963407
	}
	return Item{}
}

// trash is a database that was flushed while its shard holds others: its blocks are freed in steps.
type trash struct {
	dict *dict.Dict
	save *saving // as in data: its keys stay until the save has them
}

// Flush empties the database. If its shard holds nothing else, the whole block storage is replaced and release, which
// is to be called without the lock, gives the old one back; else the blocks are freed in later calls of TrashStep and
// release is nil.
func (db *DB) Flush() (release func()) {
	sh := db.sh
	db.touchObserved()
	if db.dict.Len() == 0 && db.wheel == nil {
		return nil
	}
	old, wheel := trash{db.dict, db.save}, db.wheel
	db.data = data{dict: dict.New(sh.slab, sh)}
	db.publish()
	if sh.keeper != nil || !sh.empty() {
		sh.trash = append(sh.trash, old)
		if wheel != nil {
			wheel.Close()
		}
		return nil
	}
	sh.stats.LazyFreed.Add(int64(old.dict.Len()))
	blocks := sh.slab
	sh.reset()
	return blocks.Close
}

func (sh *Shard) empty() bool {
	for _, db := range sh.dbs {
		if db.dict.Len() > 0 {
			return false
		}
	}
	return true
}

// reset gives a shard without keys a new block storage.
func (sh *Shard) reset() {
	sh.slab = slab.New(slab.Options{})
	sh.objects.clear()
	sh.names = 0
	sh.trash = nil
	for _, db := range sh.dbs {
		db.data = data{dict: dict.New(sh.slab, sh)}
		db.publish()
	}
}

// TrashStep frees at most limit keys of flushed databases and says whether there are more. What a save still needs stays
// for later.
func (sh *Shard) TrashStep(limit int) (more bool) {
	if sh.keeper == nil {
		more = sh.objects.releaseStep(limit)
	}
	if len(sh.trash) == 0 {
		return more
	}
	i := slices.IndexFunc(sh.trash, func(t trash) bool { return t.save == nil })
	if i < 0 {
		return more
	}
	if sh.trash[i].dict.ClearStep(limit, func(h slab.Handle) {
		b := sh.slab.Bytes(h)
		sh.names -= int64(len(keyOf(b)))
		sh.dbs[0].dropObject(b)
		sh.stats.LazyFreed.Add(1)
		sh.slab.Free(h)
	}) {
		return true
	}
	sh.trash = slices.Delete(sh.trash, i, i+1)
	return more || slices.ContainsFunc(sh.trash, func(t trash) bool { return t.save == nil })
}
