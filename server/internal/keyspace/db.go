package keyspace

import (
	"bytes"

	"redline/server/internal/dict"
	"redline/server/internal/expire"
	"redline/server/internal/slab"
)

// DB is one database's part in one shard.
type DB struct {
	sh    *Shard
	index int
	data
	fireFn func(hash uint64, tag uint8) // made once: the expiry step allocates nothing
	warmFn func(hashes []uint64)
	watched
	evictAt uint32 // where the search for keys with a deadline goes on, see sample
}

// data is what SWAPDB exchanges.
type data struct {
	dict    *dict.Dict
	wheel   *expire.Wheel // nil until the first key with a deadline
	expires int           // keys with a deadline
	save    *saving       // how far a save is through the dict; nil: it is through, or there is none
	timed   int           // keys with an entry in the wheel: those, and hashes of which only fields have deadlines
	behind  []dict.Hash   // hashes with more due fields than one step removes
	quota   int           // fields that the current step may still remove
}

func newDB(sh *Shard, index int) *DB {
	db := &DB{sh: sh, index: index, data: data{dict: dict.New(sh.slab, sh)}}
	db.fireFn = db.fire
	db.warmFn = func(hashes []uint64) { db.dict.Warm(hashes) } // whichever it is by then
	return db
}

// Equal implements dict.Keys.
func (sh *Shard) Equal(h slab.Handle, key []byte) bool {
	return bytes.Equal(keyOf(sh.slab.Bytes(h)), key)
}

// HashOf implements dict.Keys.
func (sh *Shard) HashOf(h slab.Handle) dict.Hash { return sh.space.hash(keyOf(sh.slab.Bytes(h))) }

// Index returns the database's number.
func (db *DB) Index() int { return db.index }

// Shard returns the shard that the database's part is in.
func (db *DB) Shard() *Shard { return db.sh }

// Now returns the time of the current visit in unix milliseconds.
func (db *DB) Now() int64 { return db.sh.now }

// Len returns the number of keys, expired ones that are not yet removed included.
func (db *DB) Len() int { return db.dict.Len() }

// Expires returns how many of the keys have a deadline.
func (db *DB) Expires() int { return db.expires }

// publish makes the counts visible to those who read without the lock.
func (db *DB) publish() {
	c := &db.sh.counts[db.index]
	c.keys.Store(int64(db.dict.Len()))
	c.expires.Store(int64(db.expires))
}

// Peek returns a live key without counting as an access. A key whose deadline has passed is removed, unless the visit
// has no sink.
func (db *DB) Peek(k *Key) Item {
	h, ok := db.dict.Find(k.Hash, k.Name)
	if !ok {
		return Item{}
	}
	b := db.sh.slab.Bytes(h)
	if b[offFlags]&flagTTL != 0 {
		l := layoutOf(b)
		if l.deadline(b) <= db.sh.now && keyDue(&l, b, db.sh.now) {
			db.expire(k.Hash, h, b)
			return Item{}
		}
	}
	return Item{db: db, h: h, b: b}
}

// Find is Peek that counts as an access: for the eviction policies, OBJECT IDLETIME and HOTKEYS.
func (db *DB) Find(k *Key) Item {
	if hot := &db.sh.hot; hot.left == 0 {
		hot.sample(k, db.index, db.sh.now, db.sh.clock.random())
	} else {
		hot.left--
	}
	it := db.Peek(k)
	if it.b != nil {
		old := access(it.b)
		if v := db.sh.clock.touch(old); v != old { // no store, no dirty cache line, for a second access in the same second
			putAccess(it.b, v)
		}
	}
	return it
}

// expire removes a key whose deadline has passed and says so first.
func (db *DB) expire(hash dict.Hash, h slab.Handle, b block) {
	if db.sh.sink == nil || db.sh.now < db.sh.space.heldUntil.Load() {
		return
	}
	db.sh.stats.Expired.Add(1)
	l := layoutOf(b)
	db.sh.lags.Add(db.sh.now - keyDeadline(&l, b))
	db.sh.sink.Expired(db, keyOf(b))
	db.touch(keyOf(b))
	db.remove(hash, h, b)
}

// remove takes a block out of the index and frees it with all that hangs on it.
func (db *DB) remove(hash dict.Hash, h slab.Handle, b block) {
	if db.sh.keeper != nil {
		db.preserve(hash, Item{db: db, h: h, b: b}, false)
	}
	db.dict.Delete(hash, h)
	db.freeBlock(h, b)
	db.publish()
}

func (db *DB) freeBlock(h slab.Handle, b block) {
	l := layoutOf(b)
	if l.flags&flagTTL != 0 {
		db.timed--
		if keyDeadline(&l, b) != NoExpiry {
			db.expires--
		}
	}
	db.sh.names -= int64(l.keyLen)
	if e := encodingOf(b); !e.Inline() && db.sh.objects.sizeAt(uint32(getInt(b[l.val+e.head():l.end()]))) > lazyBytes {
		db.sh.stats.LazyFreed.Add(1)
	}
	db.dropObject(b)
	db.sh.slab.Free(h)
}

// lazyBytes is from where on a collection counts as freed lazily: Redis frees smaller ones at once, up to 64 allocations.
// Here any is left to the collector, which frees it beside the commands.
const lazyBytes = 8 << 10

func (db *DB) dropObject(b block) {
	if e := encodingOf(b); !e.Inline() {
		l := layoutOf(b)
		db.sh.objects.drop(uint32(getInt(b[l.val+e.head() : l.end()])))
	}
}

// Delete removes a live key and says whether there was one.
func (db *DB) Delete(k *Key) bool {
	it := db.Peek(k)
	if !it.OK() {
		return false
	}
	db.touch(k.Name)
	db.remove(k.Hash, it.h, it.b)
	return true
}

// Write stores a value of n bytes under k and returns its Item; the caller fills Value, whose content is undefined. it
// is what Find or Peek gave for k in this visit: the zero Item if there was none, else the key to overwrite, whatever
// its type. The deadline is dropped unless keepTTL. The source of the bytes must not lie in the old value.
func (db *DB) Write(k *Key, it Item, t Type, e Encoding, n int, keepTTL bool) Item {
	db.touch(k.Name)
	if it.b == nil {
		return db.insert(k, t, e, n)
	}
	if db.sh.keeper != nil {
		db.preserve(k.Hash, it, false)
	}
	db.dropObject(it.b)
	at, slot, event := NoExpiry, NoExpiry, it.event()
	if keepTTL {
		at, slot = it.ExpireAt(), it.ExpireAt()
		if e.Timed() {
			slot = event
		}
	}
	db.unlist(it, at, slot)
	it = db.reshape(it, n, ttlFlagFor(slot), keepNothing, 0)
	it.b[offKind] = it.b[offKind]&kindKept | byte(t) | byte(e)<<4
	if slot != event && slot != NoExpiry { // the key's own deadline, where a field's was: the entry fires early
		l := layoutOf(it.b)
		l.putDeadline(it.b, slot, tagOf(it.b))
	}
	if e.Timed() {
		putKeyDeadline(it.b, at)
	}
	return it
}

// unlist takes a key whose deadline is to become at, and its next event slot, out of the counts where these are none.
func (db *DB) unlist(it Item, at, slot int64) {
	if it.b[offFlags]&flagTTL == 0 {
		return
	}
	if at == NoExpiry && it.ExpireAt() != NoExpiry {
		db.expires--
	}
	if slot == NoExpiry {
		db.timed--
	}
	db.publish()
}

// insert adds a key that does not exist.
func (db *DB) insert(k *Key, t Type, e Encoding, n int) Item {
	l := layoutFor(len(k.Name), n, 0)
	h, b := db.sh.slab.Alloc(l.end())
	b = b[:cap(b)]
	b[offKind], b[offFlags] = byte(t)|byte(e)<<4|db.birthMark(k.Hash), 0
	putAccess(b, db.fresh(k.Hash))
	l.writeHead(b)
	copy(b[l.key:], k.Name)
	if e.Timed() {
		putKeyDeadline(b, NoExpiry)
	}
	db.dict.Insert(k.Hash, h)
	db.sh.names += int64(len(k.Name))
	db.publish()
	if db.sh.space.created.Load() && db.sh.sink != nil {
		db.sh.sink.Created(db, k.Name)
	}
	return Item{db: db, h: h, b: b}
}

// WriteInt stores an Int string.
func (db *DB) WriteInt(k *Key, it Item, v int64, keepTTL bool) Item {
	it = db.Write(k, it, String, Int, intLen(v), keepTTL)
	putInt(it.Value(), v)
	return it
}

// WriteObject stores a large structure.
func (db *DB) WriteObject(k *Key, it Item, t Type, e Encoding, o Object, keepTTL bool) Item {
	it = db.Write(k, it, t, e, e.head()+4, keepTTL)
	putInt(it.Value()[e.head():], int64(int32(db.sh.objects.put(o))))
	return it
}

// Resize changes the length of an inline value and keeps what both lengths share; new bytes are zero. With reserve > 0
// and a block that must move, room for that many more bytes is kept behind the value, so that a value that grows bit by
// bit is not copied each time.
func (db *DB) Resize(it Item, n, reserve int) Item {
	db.touch(it.Key())
	db.preserveItem(it, true)
	l := layoutOf(it.b)
	return db.reshape(it, n, l.flags&flagTTL, min(n, l.valLen), reserve)
}

// Touch tells whoever watches or waits for the key that its value was changed in place.
func (db *DB) Touch(it Item) {
	db.touch(it.Key())
	db.checkKept(it)
	if !it.Encoding().Inline() {
		db.sh.objects.refresh(it.objectIndex())
	}
}

// Refresh has the size of a large value counted again after a change that Redis tells nobody of: XACK, XGROUP SETID.
func (db *DB) Refresh(it Item) {
	db.checkKept(it)
	db.sh.objects.refresh(it.objectIndex())
}

// Mark is Touch for a large value that those who wait for the key do not get more of: XDEL. Whoever watches it is told.
func (db *DB) Mark(it Item) {
	db.mark(it.Key())
	db.Refresh(it)
}

// Wake has those who wait for a key look at it again, though its value is the same to all others: XGROUP DESTROY.
func (db *DB) Wake(it Item) {
	db.ready(it.Key())
	db.Refresh(it)
}

// keepNothing stands for a value that is to be replaced.
const keepNothing = -1

// reshape gives a block room for a value of n bytes and a deadline of the given form. keep bytes of the value survive
// and the rest up to n is zero; with keepNothing all of it is undefined. The deadline itself survives if its form stays. The
// index follows.
func (db *DB) reshape(it Item, n int, ttlFlag byte, keep, reserve int) Item {
	from := layoutOf(it.b)
	if from.valLen == n && from.flags&flagTTL == ttlFlag {
		return it
	}
	to := layoutFor(from.keyLen, n, ttlFlag)
	at, tag := from.deadline(it.b), tagOf(it.b)
	b, h := it.b, it.h
	// A value that is replaced gets a block of its size; one that changes in place may keep some slack.
	if want := db.sh.slab.Cap(to.end()); want > len(b) || want < len(b)/2 || keep == keepNothing && want < len(b) {
		h, b = db.sh.slab.Alloc(to.end() + reserve)
		b = b[:cap(b)]
		copy(b[:offLens], it.b[:offLens])
	}
	key, val := it.b[from.key:from.val], it.b[from.val:from.val+max(keep, 0)]
	if to.key > from.key { // moving up inside one block: the last part first
		copy(b[to.val:], val)
		copy(b[to.key:], key)
	} else {
		copy(b[to.key:], key)
		copy(b[to.val:], val)
	}
	to.writeHead(b)
	if from.flags&flagTTL == ttlFlag {
		to.putDeadline(b, at, tag)
	}
	if keep != keepNothing && n > keep {
		clear(b[to.val+keep : to.end()])
	}
	if h != it.h {
		db.dict.Replace(db.sh.space.hash(b[to.key:to.val]), it.h, h)
		db.sh.slab.Free(it.h)
	}
	return Item{db: db, h: h, b: b}
}
