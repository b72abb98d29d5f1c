package keyspace

import (
	"redline/server/internal/dict"
	"redline/server/internal/slab"
)

// A save hands every key of all shards, as it was at one point in time, to a Keeper, exactly once, while the data goes on
// changing. There is no copy of the data and no fork: who is about to change a key that has not been handed over hands it
// over first.
//
// Invariants, under the lock of the shard:
//
//  1. Each database's dict has a cursor (saving.next), an address of the index. Keys below it have been handed over, or
//     are younger than the save. Package dict's Scan passes every key exactly once in the order of addresses, whatever
//     splits, merges or moves meanwhile, so the cursor alone says which keys are done.
//  2. A key at or above the cursor has not been handed over, unless its block is marked kindKept: it was handed over
//     out of turn, or is younger than the save. The walk takes the mark away when it passes. Without a save no block
//     has the mark.
//  3. What is about to be changed is handed over before: DB.Preserve for values that commands change in place, and the
//     operations of DB for all else (Write, Resize, SetExpire, removal for whatever reason, Detach).
//  4. The state travels with the dict: through SWAPDB, and through FLUSHDB into the trash, which is not freed before the
//     walk has passed it.
//
// Stages: BeginSave with all shards locked, which is the point in time; SaveStep for each shard, slice by slice, until
// nothing is left; EndSave.
//
// Rejected: a mark on every key, which dirties each block that is only read; one epoch a segment of the dict, for which
// a writer would have to hand over some 400 keys where one is enough.

// Keeper takes the keys of a save. It is called with the shard locked and keeps no views.
type Keeper interface {
	// Keep takes a key. db is the number of its database at the point in time. A large value may be taken later, piece by
	// piece: as long as nothing changes it, also when its key is gone.
	Keep(db int, it Item)
	// Settle is called before a large value changes: what is still to be taken of it has to be taken now.
	Settle(o Object)
	// Changed is called after a value was changed in place. kept is false if the key was not handed over before, which is
	// a bug; so it is if a large value is still to be taken.
	Changed(it Item, kept bool)
}

// Saver is a save that is under way, to those who write.
type Saver interface {
	// Crowded says whether Wait would wait.
	Crowded() bool
	// Wait holds up a writer, who holds no lock, while too much waits to be written to disk.
	Wait()
	// Finish has all keys handed over at once. All shards are locked by the caller.
	Finish()
}

// saving is how far a save is through one dict.
type saving struct {
	db   int    // the database's number at the point in time
	next uint64 // addresses below are done
}

// ahead says whether the walk has yet to come to a hash.
func (s *saving) ahead(hash dict.Hash) bool { return uint64(uint32(hash>>8)) >= s.next }

// Saver returns the save that is under way, or nil. Takes no lock; it stays as it is while any shard is locked.
func (s *Space) Saver() Saver {
	if p := s.saver.Load(); p != nil {
		return *p
	}
	return nil
}

// Saving says whether a save is under way, as Saver does.
func (s *Space) Saving() bool { return s.saver.Load() != nil }

// BeginSave begins a save: this is its point in time. All shards are locked by the caller; keeper returns the Keeper of
// a shard. It returns false if a save is under way.
func (s *Space) BeginSave(by Saver, keeper func(shard int) Keeper) bool {
	if s.saver.Load() != nil {
		return false
	}
	for i, sh := range s.shards {
		sh.keeper = keeper(i)
		for n, db := range sh.dbs {
			if db.dict.Len() > 0 {
				db.save = &saving{db: n}
			}
		}
	}
	s.saver.Store(&by)
	return true
}

// EndSave ends a save of which SaveStep has nothing left in any shard. All shards are locked by the caller.
func (s *Space) EndSave() {
	for _, sh := range s.shards {
		sh.keeper = nil
	}
	s.saver.Store(nil)
}

// SaveStep hands over the next keys of the shard until enough says that they are enough, and says whether there are
// more. enough is asked after every few keys.
func (sh *Shard) SaveStep(enough func() bool) (more bool) {
	for {
		d, s := sh.unsaved()
		if s == nil {
			return false
		}
		for done := false; !done; {
			var next uint32
			next, done = d.Scan(uint32(s.next), func(h slab.Handle) { sh.saveNext(s.db, h) })
			if s.next = uint64(next); done {
				sh.saved(s)
			}
			if enough() {
				return true
			}
		}
	}
}

// unsaved returns a dict that the walk is not through with.
func (sh *Shard) unsaved() (*dict.Dict, *saving) {
	for _, db := range sh.dbs {
		if db.save != nil {
			return db.dict, db.save
		}
	}
	for i := range sh.trash {
		if t := &sh.trash[i]; t.save != nil {
			return t.dict, t.save
		}
	}
	return nil, nil
}

// saved notes that the walk is through with a dict.
func (sh *Shard) saved(s *saving) {
	for _, db := range sh.dbs {
		if db.save == s {
			db.save = nil
		}
	}
	for i := range sh.trash {
		if sh.trash[i].save == s {
			sh.trash[i].save = nil
		}
	}
}

// saveNext is the walk at one key.
func (sh *Shard) saveNext(db int, h slab.Handle) {
	b := sh.slab.Bytes(h)
	if b[offKind]&kindKept != 0 {
		b[offKind] &^= kindKept
		return
	}
	sh.keeper.Keep(db, Item{db: sh.dbs[0], h: h, b: b})
}

// Preserve is called before the value of a key is changed in place.
func (db *DB) Preserve(k *Key) {
	if db.sh.keeper == nil {
		return
	}
	if h, ok := db.dict.Find(k.Hash, k.Name); ok {
		db.preserve(k.Hash, Item{db: db, h: h, b: db.sh.slab.Bytes(h)}, true)
	}
}

// preserve hands a key over unless that has been done. With settle its value is about to change: only then a large one
// has to be handed over as a whole. Called only while there is a keeper.
func (db *DB) preserve(hash dict.Hash, it Item, settle bool) {
	if db.needsSaving(hash, it.b) {
		it.b[offKind] |= kindKept
		db.sh.keeper.Keep(db.save.db, it)
	}
	if settle && !it.Encoding().Inline() {
		db.sh.keeper.Settle(it.Object())
	}
}

func (db *DB) needsSaving(hash dict.Hash, b block) bool {
	return db.save != nil && b[offKind]&kindKept == 0 && db.save.ahead(hash)
}

// preserveItem is preserve where the hash is not at hand.
func (db *DB) preserveItem(it Item, settle bool) {
	if db.sh.keeper != nil {
		db.preserve(db.sh.space.hash(it.Key()), it, settle)
	}
}

// birthMark is the mark of a key that is added now.
func (db *DB) birthMark(hash dict.Hash) byte {
	if db.save != nil && db.save.ahead(hash) {
		return kindKept
	}
	return 0
}

// Stored returns a key, also if its deadline has passed: for those who restore data. It does not count as an access.
func (db *DB) Stored(k *Key) Item {
	if h, ok := db.dict.Find(k.Hash, k.Name); ok {
		return Item{db: db, h: h, b: db.sh.slab.Bytes(h)}
	}
	return Item{}
}

// Remove removes what Stored found, also if its deadline has passed.
func (db *DB) Remove(k *Key, it Item) {
	db.touch(k.Name)
	db.remove(k.Hash, it.h, it.b)
}

// checkKept has the keeper know of a change in place.
func (db *DB) checkKept(it Item) {
	if db.sh.keeper != nil {
		db.sh.keeper.Changed(it, !db.needsSaving(db.sh.space.hash(it.Key()), it.b))
	}
}
