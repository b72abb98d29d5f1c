package collection

import (
	"redline/server/internal/keyspace"
	"redline/server/internal/object/hashtable"
	"redline/server/internal/object/listpack"
	"redline/server/internal/object/zset"
)

// Deadlines of fields. A hash gets one of the timed forms of package keyspace with the first of them: inline a listpack
// of field, value and deadline (0: none), large a table beside a sorted set of the fields that have a deadline, by it.
// It keeps that form, as in Redis, when the last deadline goes.
//
// Fields that are due are removed by DropDue: when the wheel of the key's shard says so, and for the fields that a
// command is about to change. Until then readers pass over them.

// NoTime is the deadline of a field that has none.
const NoTime = int64(0)

// TimeMax is the latest deadline of a field in unix milliseconds, as in Redis 7.4. A float64 holds it exactly.
const TimeMax = int64(1)<<46 - 1

// timedObject is a large hash whose fields may have deadlines.
type timedObject struct {
	*hashtable.Table
	times *zset.ZSet
}

// MemBytes implements keyspace.Object.
func (o timedObject) MemBytes() int64 { return o.Table.MemBytes() + o.times.MemBytes() }

// Clone implements keyspace.Object.
func (o timedObject) Clone() keyspace.Object { return timedObject{o.Table.Clone(), o.times.Clone()} }

func newTimes(k *keyspace.Key) *zset.ZSet { return zset.New(k.Hash * 0x9E3779B97F4A7C15) }

// timeAt returns the deadline of the field at p of a timed listpack.
func timeAt(lp []byte, p int) int64 {
	return listpack.Get(lp, listpack.Next(lp, listpack.Next(lp, p))).Int
}

func (h *Hash) useTimed(it keyspace.Item) {
	h.width = 3
	if !it.Encoding().Inline() {
		o := it.Object().(timedObject)
		h.table, h.times = o.Table, o.times
	}
	if first := h.firstTime(); first != NoTime && first <= h.db.Now() {
		h.hides = true
	}
}

// Timed says whether fields may have deadlines.
func (h *Hash) Timed() bool { return h.width == 3 && h.it.OK() }

// FirstTime returns the earliest deadline of a field, NoTime if none has one.
func (h *Hash) FirstTime() int64 {
	if !h.Timed() {
		return NoTime
	}
	return h.firstTime()
}

func (h *Hash) firstTime() (first int64) {
	if h.times != nil {
		if i := h.times.At(0); i.OK() {
			return int64(i.Score())
		}
		return NoTime
	}
	lp := h.it.Fields()
	for p := listpack.First(lp); p != 0; p = h.next(lp, p) {
		if at := timeAt(lp, p); at != NoTime && (first == NoTime || at < first) {
			first = at
		}
	}
	return first
}

// Time returns the deadline of a field that is not due yet, NoTime if it has none; ok says whether there is the field.
func (h *Hash) Time(field []byte) (at int64, ok bool) {
	if !h.Has(field) {
		return NoTime, false
	}
	return h.time(field), true
}

// time returns the deadline of a field, due ones included.
func (h *Hash) time(field []byte) int64 {
	switch {
	case h.times != nil:
		at, _ := h.times.Score(field)
		return int64(at)
	case !h.Timed():
		return NoTime
	}
	lp := h.lp()
	if p := h.find(lp, field); p != 0 {
		return timeAt(lp, p)
	}
	return NoTime
}

func (h *Hash) isDue(field []byte) bool {
	at := h.time(field)
	return at != NoTime && at <= h.db.Now()
}

// due returns how many fields are due and not removed yet.
func (h *Hash) due() (n int) {
	if h.times != nil {
		return h.times.RankOfScore(float64(h.db.Now()), true)
	}
	lp := h.lp()
	for p := listpack.First(lp); p != 0; p = h.next(lp, p) {
		if at := timeAt(lp, p); at != NoTime && at <= h.db.Now() {
			n++
		}
	}
	return n
}

// hiding wraps fn so that it does not get fields of a table that are due.
func (h *Hash) hiding(fn func(field, val Value) bool) func(field, val Value) bool {
	return func(f, v Value) bool { return h.isDue(f.Str) || fn(f, v) }
}

// randomLive is Random where fields are due: it tries some, and counts when it has no luck.
func (h *Hash) randomLive(r uint64) (field, val Value) {
	const tries = 32
	if h.table != nil {
		for range tries {
			f, v := h.table.Random(r)
			if !h.isDue(f) {
				return Value{Str: f}, Value{Str: v}
			}
			r = r*6364136223846793005 + 1442695040888963407
		}
	}
	left := below(r, h.Len())
	h.Each(func(f, v Value) bool {
		field, val = f, v
		left--
		return left >= 0
	})
	return field, val
}

// SetTime gives a field that exists a deadline, or takes it away with NoTime.
func (h *Hash) SetTime(field []byte, at int64) {
	if h.width == 2 {
		if at == NoTime {
			return
		}
		h.becomeTimed()
	}
	if h.table == nil {
		h.setTimeInline(field, at)
	} else {
		if at == NoTime {
			h.times.Remove(field)
		} else {
			h.times.Set(field, float64(at))
		}
		h.db.Touch(h.it)
	}
	if at != NoTime {
		h.it = h.db.Schedule(h.it, at)
	}
}

func (h *Hash) setTimeInline(field []byte, at int64) {
	lp := h.lp()
	p := h.find(lp, field)
	p = listpack.Next(lp, listpack.Next(lp, p))
	n, m := len(lp), listpack.SizeInt(at)-listpack.EntryLen(lp, p)
	switch {
	case m <= 0:
		h.keep(listpack.ReplaceInt(lp, p, at))
	case h.fits(h.Stored(), n+m):
		h.resize(n+m, reserveFor(n+m))
		listpack.ReplaceInt(h.lp()[:n], p, at)
	default:
		h.enlarge()
		h.times.Set(field, float64(at))
		h.db.Touch(h.it)
	}
}

// clearTime takes the deadline of the field at p away and returns the listpack.
func (h *Hash) clearTime(lp []byte, p int) []byte {
	if timeAt(lp, p) == NoTime {
		return lp
	}
	h.keep(listpack.ReplaceInt(lp, listpack.Next(lp, listpack.Next(lp, p)), NoTime))
	return h.lp()
}

// becomeTimed gives a hash a form in which fields can have deadlines.
func (h *Hash) becomeTimed() {
	if h.table != nil {
		o := timedObject{h.table, newTimes(h.key)}
		h.use(h.db.WriteObject(h.key, h.it, keyspace.Hash, keyspace.HashtableEx, o, true))
		return
	}
	old := h.lp()
	fields := listpack.Len(old) / 2
	size := len(old) + fields*listpack.SizeInt(NoTime)
	if !h.fits(fields, size) {
		h.enlarge()
		h.becomeTimed()
		return
	}
	old = append([]byte(nil), old...) // the block may move
	e := keyspace.ListpackEx
	if !h.listpacked() {
		e = keyspace.PackedEx
	}
	h.it = h.db.WriteFields(h.key, h.it, e, size)
	lp := listpack.AppendEmpty(h.it.Fields()[:0])
	for p, i := listpack.First(old), 0; p != 0; p, i = listpack.Next(old, p), i+1 {
		if v := listpack.Get(old, p); v.IsInt() {
			lp = listpack.AppendInt(lp, v.Int)
		} else {
			lp = listpack.Append(lp, v.Str)
		}
		if i%2 == 1 {
			lp = listpack.AppendInt(lp, NoTime)
		}
	}
	h.use(h.it)
}

// Due returns the names of at most limit fields that are due, and whether there are more.
func (h *Hash) Due(limit int) (fields [][]byte, more bool) {
	if !h.hides {
		return nil, false
	}
	now := h.db.Now()
	if h.times != nil {
		for i := h.times.At(0); i.OK() && int64(i.Score()) <= now; i.Next() {
			if len(fields) == limit {
				return fields, true
			}
			fields = append(fields, append([]byte(nil), i.Member()...))
		}
		return fields, false
	}
	lp := h.lp()
	for p := listpack.First(lp); p != 0; p = h.next(lp, p) {
		if at := timeAt(lp, p); at == NoTime || at > now {
			continue
		}
		if len(fields) == limit {
			return fields, true
		}
		fields = append(fields, listpack.Get(lp, p).Append(nil))
	}
	return fields, false
}

// DropDue removes fields that are due. The key goes with its last field.
func (h *Hash) DropDue(fields [][]byte) {
	for _, f := range fields {
		h.db.CountField(h.time(f))
		h.Delete(f)
	}
	if h.OK() {
		first := h.firstTime()
		h.hides = first != NoTime && first <= h.db.Now()
	}
}

// IsDue says whether there is a field, but it is due.
func (h *Hash) IsDue(field []byte) bool { return h.hides && h.isDue(field) }

// Settle schedules the hash for the next of its deadlines, after the due ones are gone.
func (h *Hash) Settle() {
	if !h.Timed() {
		return
	}
	at := h.firstTime()
	if at == NoTime {
		at = keyspace.NoExpiry
	}
	h.it = h.db.Reschedule(h.it, at)
}

// EachTimed passes all fields with their deadlines to fn until it returns false. fn must not change the shard.
func (h *Hash) EachTimed(fn func(field, val Value, at int64) bool) {
	if h.hides {
		now, all := h.db.Now(), fn
		fn = func(f, v Value, at int64) bool { return at != NoTime && at <= now || all(f, v, at) }
	}
	h.EachStored(fn)
}

// EachStored is EachTimed for all fields that are stored, due ones included.
func (h *Hash) EachStored(fn func(field, val Value, at int64) bool) {
	switch {
	case h.table != nil:
		h.table.Each(func(f, v []byte) bool {
			at := NoTime
			if h.times != nil {
				at = h.time(f)
			}
			return fn(Value{Str: f}, Value{Str: v}, at)
		})
	case h.Timed():
		lp := h.lp()
		for p := listpack.First(lp); p != 0; p = h.next(lp, p) {
			if !fn(listpack.Get(lp, p), listpack.Get(lp, listpack.Next(lp, p)), timeAt(lp, p)) {
				return
			}
		}
	default:
		h.Each(func(f, v Value) bool { return fn(f, v, NoTime) })
	}
}

// timesExact pins that deadlines survive as scores.
const _ = uint(1<<53 - TimeMax)
