package keyspace

import (
	"encoding/binary"

	"redline/server/internal/dict"
	"redline/server/internal/slab"
)

// A hash whose fields have deadlines of their own has one of the timed encodings. Its value begins with eight bytes, the
// deadline of the key itself, and the block's deadline is that of the next event: the earliest of the key's and the
// fields', or a time before it. So keys and fields are due through one wheel with one entry a key, and a look-up still
// tests one deadline. All other keys pay nothing.
//
//	block of a timed hash:  ... | next event | key | key's deadline, 8 B | value
//
// When the event comes, a sink that is a FieldSink removes the fields that are due and schedules the next one. Until it
// has, which is a few milliseconds, or for huge hashes some slices of work later, readers do not see them: package
// collection hides what is due.

// timedHead is the size of the key's deadline before the value of a timed encoding.
const timedHead = 8

// Timed says whether fields may have deadlines of their own.
func (e Encoding) Timed() bool { return e == ListpackEx || e == PackedEx || e == HashtableEx }

// head is what stands before the value proper.
func (e Encoding) head() int {
	if e.Timed() {
		return timedHead
	}
	return 0
}

// FieldSink is a Sink that removes due fields of hashes.
type FieldSink interface {
	Sink
	// FieldsDue removes at most limit fields whose deadlines have passed and tells how many there were, and whether more
	// are due. It leaves the hash, if something is left of it, scheduled for its next event.
	FieldsDue(db *DB, k *Key, it Item, limit int) (removed int, more bool)
}

// keyDeadline returns the deadline of the key itself.
func keyDeadline(l *layout, b block) int64 {
	if encodingOf(b).Timed() {
		return int64(binary.LittleEndian.Uint64(b[l.val:]))
	}
	return l.deadline(b)
}

func putKeyDeadline(b block, at int64) {
	l := layoutOf(b)
	binary.LittleEndian.PutUint64(b[l.val:], uint64(at))
}

// keyDue says whether a block's key is due now, given that its event is.
func keyDue(l *layout, b block, now int64) bool {
	at := keyDeadline(l, b)
	return at != NoExpiry && at <= now
}

// event returns when the key is to be looked at: its deadline, or earlier that of a field.
func (it Item) event() int64 {
	l := layoutOf(it.b)
	return l.deadline(it.b)
}

// Fields returns the bytes of an inline value of a timed encoding: Value without the key's deadline before it.
func (it Item) Fields() []byte { return it.Value()[timedHead:] }

// ResizeFields is Resize for an inline value of a timed encoding: n is the length of Fields.
func (db *DB) ResizeFields(it Item, n, reserve int) Item { return db.Resize(it, timedHead+n, reserve) }

// WriteFields gives a hash that exists an inline value of a timed encoding: its Fields have n bytes, which the caller
// fills. Deadlines and events stay.
func (db *DB) WriteFields(k *Key, it Item, e Encoding, n int) Item {
	return db.Write(k, it, Hash, e, timedHead+n, true)
}

// Schedule has the key looked at when a field's deadline comes, unless it is looked at before anyhow. The hash has a
// timed encoding.
func (db *DB) Schedule(it Item, at int64) Item {
	if now := it.event(); now != NoExpiry && now <= at {
		return it
	}
	return db.setEvent(it, at)
}

// Reschedule sets the next event of a timed hash whose fields have fieldAt as their earliest deadline, NoExpiry for none.
func (db *DB) Reschedule(it Item, fieldAt int64) Item {
	at := it.ExpireAt()
	if at == NoExpiry || fieldAt != NoExpiry && fieldAt < at {
		at = fieldAt
	}
	return db.setEvent(it, at)
}

// CountField counts a field that was removed because its deadline had passed.
func (db *DB) CountField(deadline int64) {
	db.sh.stats.ExpiredFields.Add(1)
	db.sh.lags.Add(db.sh.now - deadline)
}

// CanExpire says whether what is due may be removed in this visit; else it is only hidden.
func (db *DB) CanExpire() bool { return db.sh.sink != nil && db.sh.now >= db.sh.space.heldUntil.Load() }

// fireFields handles the event of a timed hash whose key is not due: it removes due fields within the step's quota.
func (db *DB) fireFields(hash dict.Hash, h slab.Handle, b block) {
	sink, ok := db.sh.sink.(FieldSink)
	if !ok || !db.CanExpire() {
		l := layoutOf(b)
		at := l.deadline(b)
		l.putDeadline(b, at, db.wheel.Add(at, hash, db.sh.now))
		return
	}
	if db.quota <= 0 {
		db.behind = append(db.behind, hash)
		return
	}
	if n, more := db.dropFields(sink, h, b); more {
		db.quota -= n
		db.behind = append(db.behind, hash)
	} else {
		db.quota -= n
	}
}

func (db *DB) dropFields(sink FieldSink, h slab.Handle, b block) (n int, more bool) {
	var k Key
	db.preserveItem(Item{db: db, h: h, b: b}, true)
	db.sh.space.Locate(append([]byte(nil), keyOf(b)...), &k)
	return sink.FieldsDue(db, &k, Item{db: db, h: h, b: b}, db.quota)
}

// catchUp goes on with hashes whose due fields did not fit into earlier steps. Their wheel entries are gone; what stands
// in behind takes their place.
func (db *DB) catchUp() {
	sink, ok := db.sh.sink.(FieldSink)
	if !ok || !db.CanExpire() {
		return
	}
	for len(db.behind) > 0 && db.quota > 0 {
		h, b := db.overdue(db.behind[0])
		more := false
		if b != nil {
			var n int
			n, more = db.dropFields(sink, h, b)
			db.quota -= max(n, 1)
		}
		if !more {
			db.behind = db.behind[1:]
		}
	}
	if len(db.behind) == 0 {
		db.behind = nil
	}
}

// overdue finds a timed hash whose event has come, but not the end of its key.
func (db *DB) overdue(hash dict.Hash) (found slab.Handle, block block) {
	db.dict.FindAll(hash, func(h slab.Handle) bool {
		b := db.sh.slab.Bytes(h)
		l := layoutOf(b)
		if encodingOf(b).Timed() && l.flags&flagTTL != 0 && l.deadline(b) <= db.sh.now && !keyDue(&l, b, db.sh.now) {
			found, block = h, b
		}
		return found == 0
	})
	return found, block
}
